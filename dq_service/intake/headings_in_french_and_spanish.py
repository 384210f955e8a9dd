"""What people write over the columns of an order file in French (Québec, France) and in Spanish (Mexico, Spain).

As in `headings.py`: in each list the surest name first; without accents and small words, as headings are compared.
"""

from collections.abc import Mapping
from typing import Final

PARTIES: Final[Mapping[str, str]] = {
    "ship_to": "livraison,destinataire,expedie a,envio,entrega,destinatario,destino",
    "bill_to": "facturation,facture,facturacion,factura",
    "ship_from": "expediteur,expedition,enlevement,remitente,origen,recogida",
}
CUSTOMER: Final = ("client", "acheteur", "cliente", "comprador")

PARTY_WORDS: Final[Mapping[str, str]] = {
    "name": "nom complet,nombre completo,nom,nombre,nom contact,nombre contacto,contacto",
    "name first": "prenom,primer nombre,nombre pila,nombres pila,nombre",
    "name last": "nom famille,apellidos,apellido,apellido paterno,nom",
    "company": "entreprise,societe,compagnie,raison sociale,empresa,compania,razon social",
    "phone": "telephone,tel,numero telephone,cellulaire,portable,tel portable,telephone portable,"
    "telefono,numero telefono,celular,movil",
    "phone_extension": "poste",
    "email": "courriel,adresse courriel,adresse email,adresse mail,correo,correo electronico",
    "address.line1": "adresse,adresse 1,adresse ligne 1,rue,direccion,direccion 1,calle,calle numero,"
    "calle y numero,domicilio",
    "address.line2": "adresse 2,adresse ligne 2,complement adresse,appartement,bureau,direccion 2,"
    "apartamento,departamento,interior,piso",
    "address.city": "ville,municipalite,commune,ciudad,municipio,localidad,poblacion",
    "address.state": "province etat,etat,provincia,estado",
    "address.postal_code": "code postal,cp,codigo postal",
    "address.country": "pays,pais",
    "address.latitude": "latitud",
    "address.longitude": "longitud",
}
ITEM_PREFIXES: Final = ("article", "produit", "ligne", "articulo", "producto", "linea")
ITEM_WORDS: Final[Mapping[str, str]] = {
    "line_id": "numero ligne,numero linea",
    "sku": "code article,reference article,ref article,code produit,reference produit,codigo articulo,"
    "codigo producto,referencia articulo,referencia producto,clave",
    "gtin": "code barres,code barre,codigo barras",
    "description": "designation,libelle,nom produit,nom article,produit,article,descripcion,nombre producto,producto,"
    "articulo",
    "quantity": "quantite,qte,cantidad,cant,unidades,piezas",
    "unit_price": "prix unitaire,prix,precio unitario,precio",
}
ORDER_WORDS: Final[Mapping[str, str]] = {
    "order_id": "numero commande,no commande,reference commande,ref commande,commande,numero pedido,id pedido,"
    "referencia pedido,pedido,numero orden,orden",
    "status": "statut commande,statut,etat commande,estado pedido,estado orden,estatus",
    "placed_at": "date commande,commande le,fecha pedido,fecha orden,fecha compra",
    "references.po": "bon commande,numero bon commande,orden compra",
    "references.tracking_number": "numero suivi,suivi,numero seguimiento,numero rastreo,numero guia,guia",
    "instructions": "instructions livraison,consignes livraison,consignes,remarques,commentaires,commentaire,"
    "instrucciones entrega,instrucciones,observaciones,comentarios,notas",
    "access_code": "code acces,digicode,code porte,codigo acceso,codigo puerta",
    "gift_message": "message cadeau,mensaje regalo",
    "signature_required": "signature requise,firma requerida",
    "service.level": "mode livraison,methode livraison,mode expedition,metodo envio,tipo envio,modo entrega",
    "window.start": "date livraison,livraison prevue,livraison debut,debut creneau,creneau debut,"
    "fecha entrega,entrega desde,inicio entrega",
    "window.end": "livraison fin,fin creneau,creneau fin,livrer avant,entrega hasta,fin entrega",
    "packages[*].count": "nombre colis,colis,numero bultos,bultos,paquetes",
    "packages[*].weight.value": "poids,poids total,peso,peso total",
    "totals.goods": "sous total,subtotal",
    "totals.discount": "remise,rabais,descuento",
    "totals.shipping": "frais livraison,frais port,frais expedition,gastos envio,costo envio,coste envio",
    "totals.tax": "taxe,taxes,tva,impuestos,impuesto,iva",
    "totals.total": "montant total,total commande,total ttc,importe total,total pedido,importe",
    "totals.currency": "devise,moneda,divisa",
}
LAST_RESORTS: Final[Mapping[str, str]] = {
    "order_id": "reference,referencia,folio",
    "ship_to.name": "destinataire,client,destinatario,cliente",
}
SMALL_WORDS: Final = frozenset(
    {"de", "du", "des", "d", "la", "le", "les", "l", "un", "une", "au", "aux", "del", "el", "los", "las", "al"}
)  # between the others: `numéro de la commande`
