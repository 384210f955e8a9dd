"""The profiles of an installation: those that ship, with its own laid over them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dq_service.parsing.yaml import SIZE

if TYPE_CHECKING:
    from dq_service.intake.profile import Profile


@dataclass(frozen=True, slots=True)
class Profiles(Mapping[str, "Profile"]):
    """The profiles of an installation by name, each read when it is first asked for: most runs need none or one.

    `shipped` and `own` are texts by the paths of their files, `own` laid over. A text that cannot be read raises
    DocumentError when it is asked for; `problems` tells of all before that.
    """

    shipped: Mapping[str, bytes] = field(default_factory=dict, hash=False, repr=False)
    own: Mapping[str, bytes] = field(default_factory=dict, hash=False, repr=False)
    _files: dict[str, tuple[str, bytes]] = field(default_factory=dict, repr=False, compare=False)
    _read: dict[str, "Profile"] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for texts in (self.shipped, self.own):
            self._files.update((Path(file).stem, (file, text)) for file, text in texts.items())

    def __getitem__(self, name: str) -> "Profile":
        if name not in self._read:
            from dq_service.intake.profile import load  # most runs need no profile

            file, text = self._files[name]
            self._read[name] = load(text, file)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._files))

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def is_own(self, name: str) -> bool:
        """Whether the installation has put it there, in the place of one that ships or beside them."""
        return self._files[name][0] in self.own


def texts_in(folder: Path) -> dict[str, bytes]:
    """The profiles' files of a folder by path; of one that is too large a byte too many, by which it is refused."""
    texts = {}
    for path in sorted(folder.glob("*.y*ml")) if folder.is_dir() else ():
        with path.open("rb") as file:
            texts[str(path)] = file.read(SIZE + 1)
    return texts
