"""What is stored of pictures: whose they are and which line or claim they belong to. The files are in the storage."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from widget.db import Base, Id, utcnow


class Picture(Base):
    """One uploaded picture. Without a line or a claim while the form it was chosen in is not sent yet."""

    __tablename__ = "pictures"
    __table_args__ = (
        Index("ix_pictures_person_uploaded", "person_id", "uploaded_at"),
        Index("ix_pictures_supplier_size", "supplier_id", "size"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    problem_id: Mapped[int | None] = mapped_column(ForeignKey("problems.id"), index=True)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("suppliers.id"))
    content_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    has_view: Mapped[bool]
    # Bytes of all its files together.
    size: Mapped[int]
    uploaded_at: Mapped[datetime] = mapped_column(default=utcnow)
