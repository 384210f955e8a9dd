"""The product put together for one installation: the rulebook, the tables, the partners."""

import logging
import marshal
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dq_service import __version__
from dq_service.build import bare, shipped_rules
from dq_service.checks import SUBJECTS
from dq_service.context import Context, Recent, never
from dq_service.engine.engine import Engine
from dq_service.engine.overrides import check_overrides
from dq_service.engine.proof import prove
from dq_service.engine.rule_text import Compiled
from dq_service.engine.rulebook import Layer, Rulebook, compile_layers, compiled_rules, load_layers
from dq_service.intake.files import read_record
from dq_service.intake.json_text import Unreadable
from dq_service.intake.profiles import Profiles
from dq_service.intake.profiles import texts_in as profile_texts
from dq_service.intake.record import Record
from dq_service.parsing.yaml import DocumentError, Problem
from dq_service.partner import BUILT_IN, Partner, Partners, check_codes, check_profile
from dq_service.reference import bundle
from dq_service.reference.bundle import Reference
from dq_service.reference.replacing import write_whole
from dq_service.reference.whereabouts import profiles_folder, rules_folder
from dq_service.result import Result
from dq_service.settings import Settings

log = logging.getLogger(__name__)

CACHED_RULES: Final = "rules.marshal"


@dataclass(frozen=True, slots=True)
class App:
    """One state of the installation; everything in it is frozen. `problems` do not stop the work."""

    settings: Settings
    engine: Engine
    partners: Partners
    problems: tuple[Problem, ...] = ()
    published: Mapping[str, int] = field(default_factory=dict)  # kind -> version; empty where the files are in force
    profiles: Profiles = field(default_factory=Profiles)

    def partner_of(self, order: Any, named: str = "") -> Partner:
        """The partner named, else the order's own; the built-in policy where there is none or it has no file."""
        name = named or (order.get("partner") if type(order) is dict else None)
        return self.partners.by_name.get(name, BUILT_IN) if type(name) is str else BUILT_IN

    def check(
        self,
        order: Any,
        *,
        as_of: datetime,
        partner: str = "",
        recent: Recent | None = None,
        expired: Callable[[], bool] = never,
        line: int | None = None,
        doubt: str = "",
        profiled: Collection[str] = (),
    ) -> Result:
        """The result for one order, given as parsed JSON: Engine.check with the partner found by name."""
        found = self.partner_of(order, partner)
        return self.engine.check(
            order,
            as_of=as_of,
            partner=found,
            recent=recent,
            expired=expired,
            line=line,
            named=partner,
            doubt=doubt,
            profiled=profiled,
        )

    def mapped(self, partner: str, raw: bytes, most: int | None = None) -> Sequence[Record]:
        """The orders of a payload in a partner's own format, as its profile maps them; for what cannot be mapped a
        record that says why. Of a partner without a profile the payload is one order as it is.

        Raises TooMany where there are more than `most`.
        """
        from dq_service.intake.mapping_table import mapped  # most processes never map a payload

        name = self.partner_of(None, partner).profile
        if not name:
            return (read_record(raw),)
        if name not in self.profiles:
            return (Record(1, None, raw, Unreadable(f"the partner's profile '{name}' is not there")),)
        return mapped(raw, self.profiles[name], most)

    def check_record(
        self, record: Record, *, as_of: datetime, partner: str = "", recent: Recent | None = None
    ) -> Result:
        """The result for one record of a file: `rejected` where no order could be read.

        A record that was read in spite of its trouble (a row with a cell too many) is checked, and held for review:
        nobody knows which of its values stand in the right field.
        """
        trouble = record.trouble
        if record.order is None:
            context = Context(as_of, self.engine.reference, self.partner_of(None, partner))
            field = trouble.path if trouble else ""
            return self.engine.rejected(str(trouble or "it cannot be read"), context, line=record.line, field=field)
        return self.check(
            record.order,
            as_of=as_of,
            partner=partner,
            recent=recent,
            line=record.line,
            doubt="" if trouble is None else str(trouble),
            profiled=record.provenance.answers_for if record.provenance else (),
        )


def open_app(settings: Settings) -> App:
    """The installation as its files are now. Reads only, but for the `cache/` of a data folder that exists.

    Raises DocumentError with all that is wrong in rules (their proof too) or partners, OSError for a file that
    cannot be read.
    """
    reference = open_reference(settings)
    rulebook, unproved = open_rulebook(settings, reference)
    partners, profiles = Partners.load(settings.partners), open_profiles(settings)
    problems = (*unproved, *doubts(partners, rulebook, profiles))
    return App(settings, Engine(rulebook, reference), partners, problems, profiles=profiles)


def doubts(partners: Partners, rulebook: Rulebook, profiles: Profiles) -> list[Problem]:
    """What partners' files say that does not fit the rulebook or the profiles, and what is wrong with theirs."""
    wrong = [
        problem
        for partner in partners.values()
        for problem in (
            *check_codes(partner, rulebook.by_code),
            *check_overrides(partner, rulebook),
            *check_profile(partner, profiles),
        )
    ]
    used = {partner.profile for partner in partners.values()}
    own = [name for name in profiles if name in used and profiles.is_own(name)]
    return wrong + wrong_profiles(profiles, own) if own else wrong


def wrong_profiles(profiles: Profiles, names: Iterable[str]) -> list[Problem]:
    """All that is wrong with these profiles, their proof included."""
    from dq_service.intake.profile_proof import problems

    return problems(profiles, names)


def open_profiles(settings: Settings) -> Profiles:
    """The profiles that ship with those of the data folder laid over them; each is read when it is first used."""
    return Profiles(profile_texts(profiles_folder()), profile_texts(settings.profiles))


def open_reference(settings: Settings) -> Reference:
    """The tables that ship and what was imported into the data folder."""
    return bundle.load(data=settings.data, cache=settings.cache if settings.data.is_dir() else None)


def layers_folders(settings: Settings) -> tuple[Path, Path]:
    """Where the rules that ship are, and those of the data folder that are laid over them."""
    return rules_folder(), settings.rules


def layers_of(settings: Settings) -> tuple[Layer, Layer]:
    """Both as their files are now."""
    shipped, own = layers_folders(settings)
    return Layer.of(shipped), Layer.of(own)


def read_rulebook(settings: Settings) -> Rulebook:
    """The rules that ship with those of the data folder laid over them, proved or not.

    Raises DocumentError with all that is wrong in their text.
    """
    return load_layers(layers_of(settings), SUBJECTS, {**_cached(settings)[1], **shipped_rules()})


def open_rulebook(
    settings: Settings, reference: Reference, layers: Sequence[Layer] | None = None, *, proved: bool = False
) -> tuple[Rulebook, Sequence[Problem]]:
    """The same of these layers (default: of the files), each rule proved, unless it is said to be.

    Texts that the package was not built with are proved here, once. Raises DocumentError with all that is wrong with
    them; with DQ_UNPROVED they are in force, and what their examples do not keep to is returned.
    """
    shipped = shipped_rules()
    version, kept = _cached(settings)
    layers = layers_of(settings) if layers is None else layers
    rulebook = load_layers(layers, SUBJECTS, {**kept, **shipped})
    new = [rule for rule in rulebook.rules if rulebook.hashes[rule.code] not in shipped]
    if not new or proved or version == rulebook.version:
        return rulebook, ()
    problems = prove(Engine(rulebook, bare(reference)), new)
    if not problems:
        _keep(settings, rulebook.version, layers)
    elif not settings.unproved:
        raise DocumentError(problems)
    return rulebook, problems


def _cached(settings: Settings) -> tuple[str, Compiled]:
    """The version of the rulebook that was last proved here, and its texts parsed; nothing of another release's."""
    try:
        release, version, texts = marshal.loads((settings.cache / CACHED_RULES).read_bytes())
    except (OSError, EOFError, ValueError, TypeError):
        return "", {}
    return (version, compiled_rules(texts)) if release == __version__ else ("", {})


def _keep(settings: Settings, version: str, layers: Sequence[Layer]) -> None:
    if settings.data.is_dir():
        texts = compile_layers(layers)
        try:
            write_whole(settings.cache / CACHED_RULES, marshal.dumps((__version__, version, texts)))
        except OSError as error:  # a data folder that is read-only for us: the next start proves again
            log.info("no cache in %s: %s", settings.cache, error.strerror)
