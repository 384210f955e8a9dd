"""How often each error happens in the city, state and ZIP of an order: the one table that the place resolver weighs by.

All are natural logarithms of probabilities an order; a rate is spread over the ways in which its error can fall.
Typed from experience with storefront orders and spreadsheets, and held against tests/reference/evaluate_resolver.py.
"""

from math import log
from typing import Final

# P(place): how often a place of that type is meant, beside a standard one.
BY_TYPE: Final = {"standard": 0.0, "military": 0.0, "po_box": log(0.1), "unique": log(0.03)}
BY_TYPE_BOX: Final = {"standard": log(0.3), "military": 0.0, "po_box": 0.0, "unique": log(0.03)}  # line 1 is a box
OF_RETIRED: Final = log(0.02)
NOT_FOR_A_STREET: Final = log(1e-2)  # a ZIP of boxes or of one firm, unasked, in a city that has street ZIPs

# P(letters typed | word meant): so many slips in one word or name, the fourth is beyond recognition.
SLIPS: Final = (log(0.97), log(8e-3), log(8e-4), log(8e-5))
# Of one slip, which kind it is (shares, they sum to one); each is then spread over the places where it may fall.
SWAPPED: Final = 0.22  # two neighbouring letters
LOST: Final = 0.28
ADDED_TWICE: Final = 0.08  # a letter typed twice
ADDED: Final = 0.10  # any other letter too many
BESIDE: Final = 0.20  # the key beside the right one, of about 5
REPLACED: Final = 0.12  # any other letter

# P(city written | place). The three roles were weighed on postal usage: of addresses in ZIPs with acceptable names,
# about one in seven uses one; one in two hundred uses a name that the post does not accept.
PREFERRED, ACCEPTED, REFUSED = log(0.85), log(0.145), log(0.005)
CITY_MISSING: Final = log(4e-3)
NAMED_OTHERWISE: Final = 0.03  # a share: where the city is missing, that the sender means an acceptable name
CITY_SHORTENED: Final = log(2e-3 / 400)  # one particular shortening of a name
CITY_CUT_OFF: Final = log(6e-4 / 8)  # a name cut by the width of a column, of about eight widths
CITY_NICKNAME: Final = log(2e-3)
OTHER_PLACE: Final = 0.05  # a share: a name with a word less is another place, Westlake beside Westlake Village
CITY_NEAR: Final = (  # the name of another city: up to so many miles away, log P of that one city
    (12.0, log(1.2e-2 / 15)),  # people write the big or the next town; about fifteen are so near
    (30.0, log(3e-3 / 100)),
)
CITY_IN_STATE: Final = log(1e-3 / 600)  # any city of the state
CITY_ANYWHERE: Final = log(5e-5 / 19_000)
LOCAL_USE: Final = 0.15  # a share: the name is used there, though the post's list does not say so
LOCAL_NAME: Final = log(4e-3)  # a name that the table does not have, each letter one of about seven likely ones
A_LETTER: Final = log(7.0)
LOCAL_TO_PREFERRED: Final = 0.7  # a share: the preferred city is then what should be written

# P(state written | state meant).
STATE_RIGHT: Final = log(0.97)  # the two letters
STATE_MISSING: Final = log(4e-3)
STATE_NAMED: Final = log(1e-2)  # the name, dotted letters, small letters, an old abbreviation
STATE_SIMILAR: Final = log(1.5e-3 / 8)  # a code that shares a letter: MI for MN; each has about eight
STATE_OTHER: Final = log(1.5e-3 / 55)  # any other code, as a wrong line in a list
STATE_NAME_OF_OTHER: Final = log(3e-5 / 55)  # a wrong state by its name, as rarely as by its code
STATE_MISSPELLED: Final = log(0.3)  # a slip (SLIPS gives its rate) in the name, by how often names are written
STATE_ONE_LETTER: Final = log(1e-3 / 40)  # two letters that are no code, one of them right
STATE_UNREADABLE: Final = log(1e-6)  # one particular text that says nothing about the state

# P(ZIP written | ZIP meant): slips of the hand and of machines.
ZIP_RIGHT: Final = log(0.97)
ZIP_MISSING: Final = log(4e-3)
ZIP_FORM: Final = log(3e-3)  # 68142.0, `NE 68142`, 68142-, 681421234
ZIP_LOST_ZERO: Final = log(2e-2)  # a spreadsheet took the ZIP for a number
ZIP_LETTERS: Final = log(1e-3)  # O for 0, l for 1: read from paper
ZIP_SWAPPED: Final = log(1.5e-3 / 4)  # two neighbouring digits, of four pairs
ZIP_SWAPPED_FAR: Final = log(1e-4 / 6)  # two other digits, of six pairs
ZIP_DIGIT: Final = log(2e-3 / 5 * 0.5 / 6)  # one digit wrong: half of them by one of six keys of no likeness
ZIP_DIGIT_NEAR: Final = log(2e-3 / 5 * 0.5 / 3)  # and half by one of about three neighbours or look-alikes
ZIP_TWO_DIGITS: Final = log(1e-4 / 810)  # two digits wrong, of ten pairs by 81 values
ZIP_LOST: Final = log(6e-4 / 5)  # one digit left out
ZIP_DOUBLED: Final = log(5e-4 / 5)  # one digit typed twice
ZIP_ADDED: Final = log(3e-4 / 60)  # one digit too many
ZIP_STRAY_LETTER: Final = log(2e-4 / 10)  # a letter that looks like no digit, in the place of any digit
ZIP_UNLIKE_LETTER: Final = log(1e-6 / 10)  # a letter that looks like one digit, in the place of another
ZIP_PLACEHOLDER: Final = log(5e-4 / 20)  # 00000, 12345: one of about twenty things to type where a form insists
ZIP_UNREADABLE: Final = log(1e-5)  # one particular text that is no ZIP
ZIP_DAMAGED: Final = log(1e-8)  # one particular text that is nearly a ZIP, and not this one
# ... and another ZIP altogether.
ZIP_NEAR: Final = ((12.0, log(4e-3 / 15)), (30.0, log(1.5e-3 / 60)))  # a neighbour's, by miles
ZIP_IN_STATE: Final = log(3e-4 / 700)  # any ZIP of the state
ZIP_ANYWHERE: Final = log(5e-4 / 42_000)
ZIP_OF_NAMESAKE: Final = log(2e-5 / 20)  # the ZIP looked up for the city of that name in another state
ZIP_GONE: Final = log(2e-4 / 20)  # a number of the same region, once a ZIP and not in the table
ZIP_NONE: Final = log(5e-4 / 100_000)  # any five digits

# Two addresses mixed: city and state of the one, ZIP of the other. One of 30,000 cities.
MIXED: Final = log(5e-4 / 30_000)
# None of these: whatever is written has another cause. Each field then is one of all texts that are seen.
OUTSIDE: Final = log(1e-3)
OUTSIDE_CITY, OUTSIDE_STATE, OUTSIDE_ZIP = log(1 / 19_000), log(1 / 55), log(1 / 84_000)
OUTSIDE_BLANK, OUTSIDE_STRANGE, OUTSIDE_UNREADABLE = log(0.1), log(1e-3), log(0.3)

# Evidence beside the three fields.
# P(this street and number are known in other ZIPs, as they are | this ZIP is meant).
STREET_ELSEWHERE: Final = log(1 / 200)  # a ZIP whose points do not have them
STREET_UNSEEN: Final = log(1 / 20)  # a ZIP without points: streets of one name and number are many
