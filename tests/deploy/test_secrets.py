"""The secrets of compose.yaml: files that a script makes, and nothing in an environment."""

import re
import subprocess
from pathlib import Path

from tests.deploy.compose_file import ROOT


def test_every_secret_is_a_file_that_the_script_makes(compose, secrets):
    named = {Path(secret["file"]).name for secret in compose["secrets"].values()}
    assert named == set(compose["secrets"]) == {file.name for file in secrets.iterdir()}
    # Others cannot open the folder, and the account inside a container, which is nobody here, can read the files.
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in secrets.iterdir()} == {0o644}
    assert "/secrets/" in (ROOT / ".gitignore").read_text().split()
    assert "secrets" in (ROOT / ".dockerignore").read_text().split()


def test_an_older_installation_keeps_its_passwords(tmp_path):
    (tmp_path / "deploy").mkdir()
    script = tmp_path / "deploy" / "secrets.sh"
    script.write_text((ROOT / "deploy" / "secrets.sh").read_text())
    (tmp_path / ".env").write_text(
        "POSTGRES_PASSWORD=one\nSERVICE_PASSWORD=two\nTERTULIA_SMTP_URL=smtp://mail.example\n"
    )
    subprocess.run(["sh", script], check=True, capture_output=True)
    made = {file.name: file.read_text().strip() for file in (tmp_path / "secrets").iterdir()}
    assert made == {
        "postgres_password": "one",
        "owner_url": "postgresql://tertulia:one@postgres:5432/tertulia",
        "database_url": "postgresql://tertulia_service:two@postgres:5432/tertulia",
        "smtp_url": "smtp://mail.example",
    }


def test_no_password_is_in_an_environment(services):
    for service in services.values():
        for name in service.get("environment", {}):
            assert not re.search(
                r"PASSWORD|SECRET|DATABASE_URL|OWNER_URL|SMTP_URL", name.removesuffix("_FILE")
            ) or (name.endswith("_FILE"))
