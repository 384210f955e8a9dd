"""What people write over the columns of an order file, and which field of the contract they mean.

In English; `headings_in_french_and_spanish.py` has others. Gathered from the column names that storefront, marketplace
and carrier exports document (Shopify and WooCommerce order exports, Amazon order reports, carrier batch-shipping
templates). In each list the surest name comes first: of two columns that mean one field, the surer wins.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from dq_service.fields import leaves
from dq_service.intake import headings_in_french_and_spanish as french_and_spanish

EXACT, WITH_PARTY, OF_CUSTOMER, PLAIN, LAST_RESORT = 300, 200, 150, 100, 60  # how sure a heading is

PARTIES: Final[Mapping[str, str]] = {
    "ship_to": "ship to,ship,shipping,delivery,deliver to,recipient,consignee,receiver,destination,dest,drop off,to",
    "bill_to": "bill to,billing,payer,invoice,invoice to,bill",
    "ship_from": "ship from,sender,shipper,origin,pick up,from,warehouse",
}
# The recipient, unless somebody else is:
CUSTOMER: Final = ("customer", "buyer", "client", "contact", "patient", "guest", "member")

PARTY_WORDS: Final[Mapping[str, str]] = {
    "name": "name,full name,contact name,contact,contact person,attention,attn",
    "name first": "first name,given name,forename",  # the two halves of a name, joined where both are there
    "name last": "last name,family name,surname",
    "company": "company,company name,business name,business,organization,organisation,site name,store name",
    "site_id": "site id,site number,store number,store id,location id,location code,facility id",
    "phone": "phone,phone number,telephone,telephone number,tel,mobile,mobile number,mobile phone,cell,cell phone,"
    "contact number,home phone,day phone,primary phone",
    "phone_extension": "phone extension,phone ext,extension,ext",
    "email": "email,email address,mail",
    "address.line1": "address line 1,address 1,line 1,street address,street 1,street,address street,addr 1,"
    "address,addr,full address,home address",
    "address.line2": "address line 2,address 2,line 2,street 2,addr 2,apt suite,apartment suite,apartment,apt,suite,"
    "apt number,unit number,unit",
    "address.city": "city,city name,town,city town,locality,municipality,city state zip",
    "address.state": "state,state code,state province,state province code,province,province code,prov,"
    "state or province,region,st",
    "address.postal_code": "postal code,zip code,zip,postcode,zip postal code,zip postal,postal,postal zip,zip 5",
    "address.country": "country,country code,country region,country name,ctry",
    "address.latitude": "latitude,lat",
    "address.longitude": "longitude,lng,lon,long",
    "address.type": "address type",
}
ITEM_PREFIXES: Final = ("item", "items", "line item", "product", "order item", "line")
ITEM_WORDS: Final[Mapping[str, str]] = {
    "line_id": "line id,line item id,order line,order line number,line number,order item id,line",
    "sku": "sku,item sku,product sku,sku code,seller sku,merchant sku,variant sku,item code,product code,item number,"
    "product number,part number,stock code,stock number,product id,item id,material,code",
    "gtin": "gtin,upc,ean,barcode,upc code,gtin 14,ean 13,upc ean,bar code",
    "description": "description,item description,product description,product name,item name,line item name,"
    "item title,title,product,item",
    "quantity": "quantity,qty,quantity ordered,qty ordered,quantity purchased,order quantity,order qty,units,pcs,"
    "how many,qty dispensed,quantity dispensed",
    "unit": "unit of measure,uom,units of measure,item unit",
    "unit_price": "unit price,price,item price,unit cost,price each",
}
ORDER_WORDS: Final[Mapping[str, str]] = {
    "order_id": "order id,order number,order name,order reference,order ref,order,sales order,sales order number,"
    "reference number,reference,order code,so number,so",
    "partner": "partner,partner name,trading partner",
    "account": "account,account number,account id,shop,store",
    "shipment_id": "shipment id,shipment number,shipment,consignment number,shipment reference",
    "channel": "channel,sales channel,marketplace",
    "kind": "order type,order kind,delivery type",
    "status": "order status,delivery status,status,shipment status",
    "placed_at": "order date,placed at,order placed,ordered at,date ordered,purchase date,order created,created at,"
    "date placed,created,date",
    "respond_by": "respond by",
    "source.updated_at": "updated at,last modified,modified at,last updated,last update date",
    "references.po": "po number,po,purchase order,purchase order number,customer po,po reference,customer po number",
    "references.bol": "bol number,bol,bill of lading,bill of lading number",
    "references.pro": "pro number,pro",
    "references.tracking_number": "tracking number,tracking,tracking id,tracking code,waybill",
    "instructions": "delivery instructions,delivery notes,special instructions,shipping instructions,driver notes,"
    "instructions,delivery comments,drop off notes,drop off instructions,customer note,order notes,notes,note,comments",
    "access_code": "access code,gate code,door code,entry code",
    "gift_message": "gift message,gift note,card message",
    "signature_required": "signature required,signature,requires signature",
    "service.level": "service level,ship service level,shipping service,ship mode,shipping method,ship method,"
    "delivery method,service,carrier service,mode",
    "service.type": "service type",
    "requirements.min_age": "minimum age,min age,age required",
    "requirements.contact_free": "contact free,contactless,contactless delivery",
    "window.start": "delivery window start,window start,time window start,delivery start,delivery start date,"
    "delivery start time,earliest delivery,deliver after,delivery from,appointment start,start time,"
    "promised delivery start,delivery date,delivery day,deliver on,requested delivery date,"
    "scheduled delivery date,appointment",
    "window.end": "delivery window end,window end,time window end,delivery end,delivery end date,"
    "delivery end time,promised delivery end,latest delivery,deliver before,deliver by,"
    "delivery until,appointment end,end time",
    "packages[*].count": "package count,packages,number of packages,parcels,number of parcels,boxes,cartons",
    "packages[*].sscc": "sscc,sscc 18",
    "packages[*].weight.value": "weight,package weight,gross weight,total weight,shipping weight",
    "packages[*].weight.unit": "weight unit,weight uom,weight units",
    "packages[*].dimensions.length": "length,package length",
    "packages[*].dimensions.width": "width,package width",
    "packages[*].dimensions.height": "height,package height",
    "packages[*].dimensions.unit": "dimension unit,dimensions unit,dimension uom,dim unit",
    "totals.goods": "subtotal,order subtotal,goods total,merchandise total",
    "totals.discount": "total discount,discount amount,order discount",
    "totals.shipping": "shipping cost,shipping charge,shipping fee,shipping total,delivery fee,freight,shipping",
    "totals.tax": "tax,taxes,total tax,sales tax,tax amount,order tax",
    "totals.total": "order total,grand total,total,total amount,total price,order amount",
    "totals.currency": "currency,currency code",
}
LAST_RESORTS: Final[Mapping[str, str]] = {  # names that as often mean something else: their values must speak for them
    "order_id": "name,id,document number",
    "ship_to.name": "recipient,consignee,receiver,addressee,ship to,customer,buyer,client",
    "ship_to.address.line1": "location,place",
    "items[*].unit": "unit",
}
ABBREVIATIONS: Final[Mapping[str, str]] = {  # of a word in a heading that is not known as it stands
    "addr": "address", "cntry": "country", "ctry": "country", "cty": "city", "cust": "customer", "del": "delivery",
    "desc": "description", "dlv": "delivery", "dlvry": "delivery", "dt": "date", "instr": "instructions",
    "itm": "item", "lvl": "level", "nm": "name", "ord": "order", "ph": "phone", "pkg": "package", "prod": "product",
    "prov": "province", "ref": "reference", "req": "requested", "shipto": "ship to", "shp": "ship", "svc": "service",
    "trk": "tracking", "wt": "weight",
}  # fmt: skip
OF_OTHER_THINGS: Final = frozenset(
    {"county", "fax", "ship", "dates", "counts"}
)  # one letter from a heading, and not it

SHAPES: Final[Mapping[str, re.Pattern[str]]] = {
    "order_id": re.compile(r"#?[A-Za-z]{0,8}[-_#]?\d{2,}[\w-]*|\w+-\w+-\w+"),
    "postal_code": re.compile(r"\d{5}(?:-\d{4})?|[A-Za-z]\d[A-Za-z][ -]?\d[A-Za-z]\d"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "phone": re.compile(r"\+?1?[\s.-]?\(?\d{3}\)?[\s.-]?\d{3}[\s.-]?\d{4}"),
    "state": re.compile(r"[A-Za-z]{2}"),
    "line1": re.compile(r"\d{1,6}[A-Za-z]?,? +[^\W\d_].*"),
    "city": re.compile(r"[^\W\d_][^\d,@]{2,}"),
    "name": re.compile(r"[^\W\d_][^\d,@]* [^\d,@]*[^\W\d_]"),
    "quantity": re.compile(r"\d{1,4}"),
    "unit": re.compile(r"(?i)ea|each|cs|case|bx|box|pk|pack|pcs?|pr|pair|set|kg|g|lbs?|oz|l|ml|m|ft|dz"),
}

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = frozenset({"no", "num", "nbr", "nr", "nro", "numero"})
_NUMERO = re.compile(r"\b[Nn][°º]")


def words(heading: str) -> tuple[str, ...]:
    """The words of a heading: `Ship-To ZIP`, `shipToZip` and `ship_to_zip` are `("ship", "to", "zip")`.

    Without accents, and without the small words that French and Spanish put between the others.
    """
    plain = heading if heading.isascii() else _unaccented(_NUMERO.sub(" number ", heading))
    spread = _CAMEL.sub(" ", plain.replace("#", " number "))
    found = [_plain(word.lower()) for word in _WORD.findall(spread)]
    return tuple([word for word in found[:-1] if word not in french_and_spanish.SMALL_WORDS] + found[-1:])


def _plain(word: str) -> str:
    return "number" if word in _NUMBER else word


def _unaccented(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def squashed(heading: str) -> str:
    """The words without spaces, as two headings are compared: `Zip Code` and `zipcode` are one."""
    return "".join(words(heading))


@lru_cache(maxsize=1)
def meanings() -> Mapping[str, Mapping[str, int]]:
    """Every heading we know, squashed, with the fields that it may mean and how sure that is."""
    known: dict[str, dict[str, int]] = {}
    for heading, field, sure in _all():
        # Our own lists are plain words: to look at each as at a stranger's would take a tenth of a second.
        name = squashed(heading) if sure == EXACT else "".join(map(_plain, heading.split()))
        fields = known.setdefault(name, {})
        fields[field] = max(sure, fields.get(field, 0))
    return known


@lru_cache(maxsize=1)
def spoken() -> Mapping[str, Mapping[str, int]]:
    """Those in English with spaces between the words, as misspelt headings are compared.

    Not the others: too many words of one language are a letter away from another's.
    """
    known: dict[str, dict[str, int]] = {}
    for heading, field, sure in _in_english():
        fields = known.setdefault(" ".join(words(heading)), {})
        fields[field] = max(sure, fields.get(field, 0))
    return known


def _all() -> Iterator[tuple[str, str, int]]:
    yield from _in_english()
    other = french_and_spanish
    yield from _of_parties(other.PARTY_WORDS, other.PARTIES, other.CUSTOMER)
    yield from _of_orders(other.ITEM_WORDS, other.ITEM_PREFIXES, other.ORDER_WORDS, other.LAST_RESORTS)


def _in_english() -> Iterator[tuple[str, str, int]]:
    for path, _ in leaves():
        yield path.replace("[*]", ""), path, EXACT
    yield from _of_parties(PARTY_WORDS, PARTIES, CUSTOMER)
    yield from _of_orders(ITEM_WORDS, ITEM_PREFIXES, ORDER_WORDS, LAST_RESORTS)


def _of_parties(
    words: Mapping[str, str], parties: Mapping[str, str], customer: Iterable[str]
) -> Iterator[tuple[str, str, int]]:
    for inner, listed in words.items():
        for rank, heading in enumerate(listed.split(",")):
            yield heading, f"ship_to.{inner}", PLAIN - rank
            for party, prefixes in parties.items():
                for prefix in prefixes.split(","):
                    for both in (f"{prefix} {heading}", f"{heading} {prefix}", f"{prefix} address {heading}"):
                        yield both, f"{party}.{inner}", WITH_PARTY - rank
            for prefix in customer:
                for both in (f"{prefix} {heading}", f"{heading} {prefix}"):
                    yield both, f"ship_to.{inner}", OF_CUSTOMER - rank


def _of_orders(
    items: Mapping[str, str], prefixes: Iterable[str], order: Mapping[str, str], last_resorts: Mapping[str, str]
) -> Iterator[tuple[str, str, int]]:
    for inner, listed in items.items():
        for rank, heading in enumerate(listed.split(",")):
            yield heading, f"items[*].{inner}", PLAIN - rank
            for prefix in prefixes:
                yield f"{prefix} {heading}", f"items[*].{inner}", WITH_PARTY - rank
    for field, listed in order.items():
        for rank, heading in enumerate(listed.split(",")):
            yield heading, field, PLAIN - rank
    for field, listed in last_resorts.items():
        for rank, heading in enumerate(listed.split(",")):
            yield heading, field, LAST_RESORT - rank
