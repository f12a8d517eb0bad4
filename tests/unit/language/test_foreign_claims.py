"""Statements in six languages besides English claim what they say, and end what they say is over.

Each row is told twice: the later statement ends the older one, or says the same, or leaves it.
"""

import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.consolidation.rules import comparing

ENDS = [
    ("de", "Ich arbeite bei Bosch", "Ich arbeite nicht mehr bei Bosch"),
    ("de", "Ich wohne in Kassel", "Ich bin nach Jena umgezogen"),
    ("de", "Meine Chefin heißt Inge Maier", "Meine Chefin heißt jetzt Petra Klein"),
    ("de", "Meine Nummer ist 0151 4960822", "Meine Nummer ist jetzt 0160 1112223"),
    ("de", "Ich habe einen Hund", "Ich habe keinen Hund mehr"),
    ("de", "Ich werde nach Kanada ziehen", "Ich werde doch nicht nach Kanada ziehen"),
    ("fr", "Je travaille chez Renault", "Je ne travaille plus chez Renault"),
    ("fr", "J'habite à Lyon", "J'ai déménagé à Lille"),
    ("fr", "J'adore le fromage", "Je n'aime plus le fromage"),
    ("fr", "Réponds en français", "Réponds en anglais désormais"),
    ("fr", "Mon chef s'appelle Paul", "Mon chef s'appelle maintenant Luc"),
    ("es", "Trabajo en una farmacia", "Ya no trabajo en la farmacia"),
    ("es", "Vivo en Murcia", "Me he mudado a Gijón"),
    ("es", "Me gusta el café", "Ya no me gusta el café"),
    ("es", "Estoy aprendiendo ruso", "He dejado de aprender ruso"),
    ("es", "Llámame Paco", "Llámame Francisco a partir de ahora"),
    ("it", "Abito a Torino", "Non abito più a Torino, adesso vivo a Genova"),
    ("it", "Mi piace il caffè", "Non mi piace più il caffè"),
    ("it", "Il mio capo si chiama Carlo", "Il mio capo adesso si chiama Sara"),
    ("it", "Lavoro come infermiera", "Mi sono licenziata"),
    ("it", "Suono il violino", "Ho smesso di suonare il violino"),
    ("pt", "Moro em Lisboa", "Já não moro em Lisboa"),
    ("pt", "Gosto de café", "Não gosto mais de café"),
    ("pt", "Tenho um carro", "Vendi o carro"),
    ("pt", "Peso 80 quilos", "Agora peso 75 quilos"),
    ("nl", "Ik woon in Gent", "Ik ben naar Utrecht verhuisd"),
    ("nl", "Ik drink koffie", "Ik drink geen koffie meer"),
    ("nl", "Mijn baas heet Kees", "Mijn baas heet nu Tom"),
    ("nl", "Ik heb een auto", "Ik heb mijn auto verkocht"),
]
SAME = [
    ("de", "Ich wohne in Bremen", "Nutzer wohnt in Bremen"),
    ("fr", "J'aime le thé", "L'utilisateur adore le thé"),
    ("es", "Vivo en Murcia", "El usuario vive en Murcia"),
    ("it", "Abito a Torino", "L'utente abita a Torino"),
    ("pt", "Moro em Lisboa", "Eu moro em Lisboa"),
    ("nl", "Ik woon in Gent", "De gebruiker woont in Gent"),
]
APART = [
    ("de", "Ich wohne in Graz", "Ich wohne in Österreich"),
    ("de", "Ich sammle Briefmarken", "Ich sammle jetzt Bierdeckel"),
    ("de", "Ich wohne in Graz", "Im Sommer wohne ich in Rom"),
    ("de", "Meine Schwester wohnt in Köln", "Ich wohne jetzt in Bonn"),
    ("de", "Ich mag Hunde", "Ich mag Hummer"),
    ("fr", "J'aime le thé", "J'aime le café maintenant"),
    ("fr", "Ma sœur joue de la vielle", "Je ne joue plus de la vielle"),
    ("fr", "Ma mère est médecin", "Ma mère est gentille"),
    ("fr", "J'habite à Lyon", "Je n'habite plus à Nice"),
    ("es", "Tengo un perro", "Tengo un gato"),
    ("es", "Vivo en Murcia", "Si me mudo, viviré en Gijón"),
    ("es", "Trabajo en Acme", "Mi hermana ya no trabaja en Acme"),
    ("it", "Mi piace il caffè", "Mi piace il tè"),
    ("it", "Lavoro come infermiera", "Lavoravo come cuoca"),
    ("pt", "A minha irmã mora em Lisboa", "Já não moro em Lisboa"),
    ("pt", "Gosto de café", "Gosto de chá"),
    ("nl", "Ik drink koffie", "Ik drink 's avonds geen koffie meer"),
    ("nl", "Ik woon in Gent", "Ik wil naar Utrecht verhuizen"),
]


def _memory(language: str, text: str) -> Memory:
    return Memory(text=text, language=language)


@pytest.mark.parametrize(("language", "before", "after"), ENDS)
def test_what_is_over_or_replaced_ends(language: str, before: str, after: str) -> None:
    """The older statement ends, and the two are not the same."""
    older, newer = _memory(language, before), _memory(language, after)
    assert comparing.end(newer, older)
    assert not comparing.same(newer, older)


@pytest.mark.parametrize(("language", "one", "other"), SAME)
def test_what_callers_and_users_say_is_the_same(language: str, one: str, other: str) -> None:
    """The first person and the word for the user have one holder."""
    assert comparing.same(_memory(language, one), _memory(language, other))


@pytest.mark.parametrize(("language", "one", "other"), APART)
def test_what_may_both_be_true_stays(language: str, one: str, other: str) -> None:
    """Nothing merges or ends where values, people or times differ, or a wish is told."""
    first, second = _memory(language, one), _memory(language, other)
    assert not comparing.same(first, second)
    assert not comparing.end(first, second)
    assert not comparing.end(second, first)
