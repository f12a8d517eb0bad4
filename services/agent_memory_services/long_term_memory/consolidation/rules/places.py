"""Places that are known by name: towns, what lies around them, and what lies in them.

A place that is not listed may lie in any other, and any other in it.
"""

from collections.abc import Set as AbstractSet
from typing import Final

_LARGE: Final = frozenset(
    """
    afghanistan africa albania alberta alemania algeria allemagne america andalusia argentina
    arizona armenia asia australia austria azerbaijan bangladesh bavaria belarus belgique
    belgium bolivia bosnia brandenburg brazil britain brittany bulgaria california cambodia
    cameroon canada catalonia chile china colombia colorado cornwall croatia cuba cyprus czechia
    denmark deutschland devon ecuador egypt england espagne españa estonia ethiopia europe
    finland florida france francia frankreich galicia georgia germany ghana greece
    guatemala honduras hungary iceland india indonesia iran iraq ireland israel italia italie
    italien italy jamaica japan jordan kazakhstan kent kenya korea kosovo kuwait laos latvia
    lebanon libya lithuania luxembourg malaysia malta mexico michigan moldova mongolia
    montenegro morocco mozambique myanmar méxico nepal netherlands nevada nicaragua nigeria
    normandy norway ohio ontario oregon pakistan panama paraguay peru perú philippines poland
    polen portugal provence qatar quebec queensland romania russia rwanda saxony scandinavia
    schweiz scotland senegal serbia sicily singapore slovakia slovenia somalia spain spanien
    sudan suisse sweden switzerland syria taiwan tanzania tasmania texas thailand tunisia turkey
    tuscany uae uganda uk ukraine uruguay us usa utah venezuela victoria vietnam wales yemen
    yorkshire zambia zimbabwe österreich
    """.split()  # noqa: SIM905 - a list would be pages long
)
"""Countries and other places that hold towns."""
_PARTS: Final = {
    "york": "brooklyn manhattan queens bronx harlem astoria williamsburg soho tribeca chelsea",
    "london": "camden hackney brixton islington soho shoreditch greenwich clapham chelsea croydon",
    "berlin": "kreuzberg neukölln mitte wedding pankow charlottenburg schöneberg friedrichshain",
    "paris": "montmartre belleville marais bastille ménilmontant",
    "tokyo": "shibuya shinjuku ginza akihabara roppongi",
    "angeles": "hollywood venice brentwood westwood",
    "francisco": "mission castro soma sunset",
    "vienna": "leopoldstadt josefstadt favoriten",
    "hamburg": "altona eimsbüttel pauli",
    "munich": "schwabing giesing haidhausen",
    "lisbon": "alfama chiado belém",
    "barcelona": "gràcia eixample raval",
}
"""Parts of towns that are called by their own names."""
_NAMES: Final = """
aachen; aarhus; aberdeen; accra; adelaide; amsterdam; ankara; antwerp; athen; athens; atlanta;
auckland; augsburg; austin; baltimore; bangalore; bangkok; barcelona; basel; bath; beijing;
belfast; belgrade; bergen; berlin; bern; bilbao; birmingham; bogotá; bologna; bonn; bordeaux;
boston; braga; bratislava; bremen; brest; brighton; brisbane; bristol; brno; bruges; brussels;
bucharest; budapest; buenos aires; burgos; bursa; busan; cairo; calgary; cambridge; canberra;
cape town; caracas; cardiff; chemnitz; chennai; chicago; cologne; copenhagen; cork; coventry;
cádiz; córdoba; dallas; debrecen; delft; delhi; denver; detroit; dijon; dortmund; dresden;
dubai; dublin; dubrovnik; duisburg; dundee; düsseldorf; edinburgh; edmonton; eindhoven; erfurt;
essen; exeter; florence; frankfurt; freiburg; galway; gdansk; gdynia; geneva; genoa; ghent;
gijón; glasgow; gothenburg; granada; graz; grenoble; groningen; guadalajara; haarlem; halifax;
halle; hamburg; hannover; hanoi; hanover; havana; heidelberg; helsinki; hiroshima; hong kong;
honolulu; houston; innsbruck; istanbul; izmir; jakarta; jena; jerusalem; johannesburg;
karlsruhe; kassel; katowice; kiel; kigali; kingston; klagenfurt; kolkata; krakow; kraków; kyiv;
kyoto; köln; lagos; lausanne; leeds; leicester; leiden; leipzig; lille; lima; limerick; linz;
lisbon; liverpool; ljubljana; london; los     angeles; lucerne; lund; luxembourg city; lyon;
lübeck; maastricht; madrid; mainz; malaga; malmö; manchester; manila; mannheim; marseille;
medellín; melbourne; memphis; metz; mexico     city; miami; milan; milwaukee; minneapolis;
minsk; moncton; montevideo; montpellier; montreal; moscow; mumbai; munich; murcia; málaga;
münchen; münster; nagoya; nairobi; nantes; naples; nashville; new york; newcastle; nice;
norwich; nottingham; nuremberg; nürnberg; odense; oporto; orlando; osaka; oslo; ottawa; oulu;
oviedo; oxford; padua; palermo; palma; pamplona; paris; perth; philadelphia; phoenix; pisa;
pittsburgh; plovdiv; plymouth; portland; porto; potsdam; poznań; prague; pune; quito;
regensburg; reims; rennes; reykjavik; riga; rome; rostock; rotterdam; saarbrücken; sacramento;
salamanca; salerno; salzburg; san     diego; san francisco; san jose; santander; santiago;
sapporo; sarajevo; seattle; segovia; seoul; sevilla; seville; shanghai; sheffield; shenzhen;
singapore; skopje; sofia; southampton; split; st gallen; stavanger; stockholm; strasbourg;
stuttgart; sydney; szczecin; são paulo; taipei; tallinn; tampere; tartu; tbilisi; tehran; tel
aviv; the hague; thessaloniki; tirana; tokyo; toledo; toronto; toulouse; trieste; trondheim;
tucson; tunis; turin; turku; ulm; uppsala; utrecht; valencia; valladolid; vancouver; venice;
verona; vienna; vigo; vilnius; warsaw; washington; weimar; wellington; wien; winnipeg; wrocław;
würzburg; york; zagreb; zaragoza; zurich; zürich; örebro; łódź
"""
_TOWNS: Final = frozenset(map(str.strip, _NAMES.split(";")))
_LONGEST_NAME: Final = 2


def is_town(value: str) -> bool:
    """Return true if the value of a home names a town."""
    words = value.split()
    return any(
        " ".join(words[at : at + length]) in _TOWNS
        for length in range(1, _LONGEST_NAME + 1)
        for at in range(len(words))
    )


def may_lie_in(words: AbstractSet[str], others: AbstractSet[str]) -> bool:
    """Return true if the other place holds towns and this is none such, or if it has this part."""
    if not _LARGE.isdisjoint(others) and _LARGE.isdisjoint(words):
        return True
    return any(not words.isdisjoint(_PARTS[each].split()) for each in others & _PARTS.keys())
