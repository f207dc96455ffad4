"""The constrained field types that several shapes share: versions, row ids, times and time zones."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

# The bounds are those of PostgreSQL's integer and bigint: a larger number is refused here, not by the database.
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]
RowId = Annotated[int, Meta(ge=1, le=2**63 - 1)]
AwareTime = Annotated[datetime, Meta(tz=True)]
TimeZoneName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_+/-]+(?![\s\S])")]
