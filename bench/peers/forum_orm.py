"""The peer: a page of a topic and a reply, written the usual way with FastAPI, pydantic and the SQLAlchemy ORM."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, ClassVar

import nh3
from fastapi import Depends, FastAPI, Header, HTTPException
from markdown_it import MarkdownIt
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship
from sqlalchemy.types import DateTime

PAGE = 50
engine = create_async_engine(os.environ["PEER_DATABASE_URL"], pool_size=16, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)
markdown = MarkdownIt("commonmark").enable("table")
app = FastAPI()


class Model(DeclarativeBase):
    type_annotation_map: ClassVar = {datetime: DateTime(timezone=True)}


class Member(Model):
    __tablename__ = "members"
    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    group: Mapped[str | None]


class Session(Model):
    __tablename__ = "sessions"
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    member: Mapped[Member] = relationship(lazy="raise")


class Topic(Model):
    __tablename__ = "topics"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    last_number: Mapped[int] = mapped_column(default=0)
    last_activity_at: Mapped[datetime]


class Post(Model):
    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("topic_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"))
    number: Mapped[int]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    body: Mapped[str]
    html: Mapped[str]
    posted_at: Mapped[datetime]
    author: Mapped[Member] = relationship(lazy="raise")


class FromRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AuthorOut(FromRow):
    id: int
    handle: str
    display_name: str
    group: str | None


class PostOut(FromRow):
    id: int
    topic_id: int
    number: int
    parent_id: int | None
    author: AuthorOut
    html: str
    posted_at: datetime


class PageOut(BaseModel):
    items: list[PostOut]
    next: int | None


class NewReply(BaseModel):
    body: str = Field(min_length=1, max_length=20_000)
    parent: int | None = None


async def in_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as db:
        yield db


Db = Annotated[AsyncSession, Depends(in_session)]


async def signed_in(db: Db, authorization: Annotated[str, Header()]) -> Member:
    hashed = sha256(authorization.removeprefix("Bearer ").encode()).digest()
    query = select(Session).where(Session.token_hash == hashed).options(joinedload(Session.member))
    session = (await db.execute(query)).scalar_one_or_none()
    if session is None:
        raise HTTPException(401)
    return session.member


@app.get("/topics/{topic_id}/posts", response_model=PageOut)
async def read_posts(db: Db, topic_id: int, after: int = 0):  # type: ignore[no-untyped-def]
    """One page of a topic's posts with their authors."""
    if await db.get(Topic, topic_id) is None:
        raise HTTPException(404)
    query = (
        select(Post).where(Post.topic_id == topic_id, Post.number > after).options(joinedload(Post.author))
    )
    posts = (await db.execute(query.order_by(Post.number).limit(PAGE + 1))).scalars().all()
    return {"items": posts[:PAGE], "next": posts[PAGE - 1].number if len(posts) > PAGE else None}


@app.post("/topics/{topic_id}/posts", response_model=PostOut, status_code=201)
async def post_reply(db: Db, member: Annotated[Member, Depends(signed_in)], topic_id: int, data: NewReply):  # type: ignore[no-untyped-def]
    """Add a reply under the topic's lock."""
    topic = await db.get(Topic, topic_id, with_for_update=True)
    if topic is None:
        raise HTTPException(404)
    topic.last_number += 1
    topic.last_activity_at = datetime.now(UTC)
    post = Post(
        topic_id=topic.id, number=topic.last_number, parent_id=data.parent, author=member, body=data.body
    )
    post.html = nh3.clean(markdown.render(data.body))
    post.posted_at = topic.last_activity_at
    db.add(post)
    await db.commit()
    return post
