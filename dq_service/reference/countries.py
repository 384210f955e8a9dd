"""The countries of the world and the forms in which senders write them."""

from functools import lru_cache

from dq_service.reference.tables import Rows, squashed


class Countries:
    """ISO 3166-1: two letters, three letters, English names and common forms, also French and Spanish ones."""

    __slots__ = ("_forms", "_names", "code")

    def __init__(self, rows: Rows) -> None:
        self._names: dict[str, str] = {}
        self._forms: dict[str, str] = {}
        for code, alpha3, name, forms in rows:
            self._names[code] = name
            for form in (code, alpha3, name, *forms.split(";")):
                if form:
                    self._forms[_key(form)] = code
        self.code = lru_cache(maxsize=2048)(self._code)

    def __contains__(self, code: str) -> bool:
        return code in self._names

    def __len__(self) -> int:
        return len(self._names)

    def _code(self, text: str) -> str:
        """The ISO 3166-1 alpha-2 code of a country in any known form, `""` for another text: `U.S.A.` is `US`."""
        if text in self._names:
            return text
        key = _key(text)
        return self._forms.get(key) or self._forms.get(key.removeprefix("the"), "")

    def name(self, code: str) -> str:
        """The English name of a code, `""` where there is no such country."""
        return self._names.get(code, "")


def _key(text: str) -> str:
    return squashed(text.replace("&", " and "))
