# SPDX-License-Identifier: Apache-2.0
"""Access to images: whether one account can pull the tags that pins name, and why not, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .pulp_errors import AuthenticationError
from .pulp_registry import Registry
from .pulp_report import Result
from .release_asker import Asker
from .release_containers import IMAGE_NAME
from .release_stamp import is_stamp

__all__ = ["PULLABLE", "ImagePin", "ImageCheck", "image_pins"]

PULLABLE, FORBIDDEN = "pullable", "forbidden"
MISSING_TAG, MISSING_IMAGE = "missing tag", "missing image"
WRONG_PASSWORD, FAILED, MALFORMED = "wrong password", "failed", "malformed"


@dataclass(frozen=True)
class ImagePin:
    """One tag of one image, `<namespace>/<image>`; `mistake` says why it cannot be looked at."""

    name: str
    tag: str
    mistake: str = ""


def image_pins(
    tags: Mapping[str, str | Sequence[str]] | None, namespace: str
) -> list[tuple[Result, ImagePin]]:
    """A pin, and a result for it, for each tag of a map image -> tag, or list of tags."""
    pairs = []
    for image, given in (tags or {}).items():
        listed = given if isinstance(given, (list, tuple)) else [given]
        for tag in listed or [""]:
            pin = _image_pin(f"{namespace}/{image}", tag if isinstance(tag, str) else "")
            more = {"short_name": str(image), "stamp": pin.tag, "access": FAILED}
            pairs.append((Result(f"{pin.name}:{pin.tag}", "image", more=more), pin))
    return pairs


def _image_pin(name: str, tag: str) -> ImagePin:
    if not IMAGE_NAME.fullmatch(name):
        return ImagePin(name, tag, f"'{name}' can be no name of an image: correct container_tags")
    if not tag:
        mistake = "its pin is no tag, and no list of tags: correct container_tags"
        return ImagePin(name, tag, mistake)
    return ImagePin(name, tag)


class ImageCheck:
    """How one tag is looked at, for one account."""

    def __init__(self, registry: Registry, asker: Asker) -> None:
        self._registry = registry
        self._asker = asker

    def walk(self, pin: ImagePin, result: Result) -> None:
        """Fill in a result: `access`, `digest`, and as its error why it cannot be pulled."""
        access, words = self._look(pin, result)
        result.more["access"] = access
        if access != PULLABLE:
            result.more["cause"] = access
            result.error = words

    def _look(self, pin: ImagePin, result: Result) -> tuple[str, str]:
        if pin.mistake:
            return MALFORMED, pin.mistake
        if self._asker.is_refused:
            return WRONG_PASSWORD, self._asker.refusal
        try:
            status, digest = self._registry.look(pin.name, pin.tag)
        except AuthenticationError:
            return WRONG_PASSWORD, self._asker.refusal
        if status == 200:
            result.more["digest"] = digest
            return PULLABLE, ""
        if status in (401, 403):
            return FORBIDDEN, self._forbidden(pin)
        if status == 404:
            return self._not_found(pin)
        base = self._asker.base
        return FAILED, f"{base} answers HTTP {status} to a request for it: ask its operators"

    def _forbidden(self, pin: ImagePin) -> str:
        if self._asker.is_nobody:
            return (
                f"{pin.name} is not there, or not public, and no account was given: give username "
                "and password"
            )
        return (
            f"{self._asker.who} may not pull from {pin.name}: no image of this name is released "
            "(container_promote on Ark), or the account is not in a group that may pull from "
            "the namespace (access_control)"
        )

    def _not_found(self, pin: ImagePin) -> tuple[str, str]:
        base, tags = self._asker.base, self._registry.tags(pin.name)
        if not tags:
            return MISSING_IMAGE, (
                f"{base} has no image of this name: correct it, or release it (container_promote "
                "on Ark)"
            )
        # Of the same release and distribution, told by what is before the stamp.
        alike = [tag for tag in tags if _series(tag) == _series(pin.tag)] or tags
        newest = max(alike, key=lambda tag: tag.rpartition("-")[2])
        others = "the only one is" if len(alike) == 1 else f"the newest of {len(alike)} is"
        return MISSING_TAG, (
            f"{base} has the image without this tag, {others} {newest}: correct the pin, or release "
            "the tag (container_promote on Ark)"
        )


def _series(tag: str) -> str:
    """`2025.1-rocky-9` of `2025.1-rocky-9-<stamp>`; empty for a tag of another form."""
    series, _dash, stamp = tag.rpartition("-")
    return series if is_stamp(stamp) else ""
