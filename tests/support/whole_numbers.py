"""Every place of a request that takes a whole number, from the contracts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from tests.support.contracts import descriptor_of, message_type_of
from tests.support.example_requests import completed

LARGEST_EXACT = 2**53 - 1
NUMBERS = (2**31, 2**53, 2**53 + 1, 2**60, 2**63 - 1, -1, -(2**31), -(2**53), -(2**63))
_WHOLE = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
}


@dataclass(frozen=True)
class Place:
    """A field that holds a whole number, wherever it stands in a request.

    Attributes:
        kind: the request.
        fields: the fields that lead there, itself the last.
    """

    kind: type[Message]
    fields: Sequence[FieldDescriptor]

    @property
    def path(self) -> str:
        """The path as refusals name it."""
        *above, last = self.fields
        return ".".join([*(f"{f.name}[0]" if f.is_repeated else f.name for f in above), last.name])

    @property
    def signed(self) -> bool:
        """Whether numbers below 0 mean something: conditions may compare with any."""
        return self._holding.name == "NumberFilter"

    @property
    def _holding(self) -> Descriptor:
        """The message that has the field."""
        kind = self.fields[-1].containing_type
        assert kind is not None
        return kind

    def requests(self) -> Iterator[tuple[int, Message]]:
        """Requests that are right but for the number in this place, and the number."""
        least, most = _WHOLE[self.fields[-1].cpp_type]
        sound = self.kind()
        holder, last = self._holder(sound), self.fields[-1]
        for name in {
            last.name,
            last.name.replace("first", "last"),
            last.name.replace("last", "first"),
        }:
            if name in self._holding.fields_by_name:  # ends of a stretch go together
                setattr(holder, name, 1)
        completed(sound)
        for number in sorted({min(max(number, least), most) for number in NUMBERS}):
            request = self.kind()
            request.CopyFrom(sound)
            setattr(self._holder(request), self.fields[-1].name, number)
            yield number, request

    def refuses(self, number: int) -> bool:
        """Whether no request may have the number here, whatever else it says."""
        return not -LARGEST_EXACT <= number <= LARGEST_EXACT or (number < 0 and not self.signed)

    def _holder(self, message: Message) -> Message:
        """The message in which the field stands; it is made where it is not there."""
        for field in self.fields[:-1]:
            child = getattr(message, field.name)
            if not field.is_repeated:
                child.SetInParent()
            message = (child[0] if child else child.add()) if field.is_repeated else child
        return message


def places_of(kind: type[Message]) -> list[Place]:
    """Every place of a request that holds a whole number, each type of message entered once."""
    return [Place(kind, fields) for fields in _paths(descriptor_of(kind), ())]


def _paths(
    descriptor: Descriptor, above: tuple[FieldDescriptor, ...]
) -> Iterator[tuple[FieldDescriptor, ...]]:
    for field in descriptor.fields:
        path = (*above, field)
        if field.cpp_type in _WHOLE:
            yield path
        elif field.message_type is not None and not _is_left_out(field, above):
            yield from _paths(field.message_type, path)


def _is_left_out(field: FieldDescriptor, above: Sequence[FieldDescriptor]) -> bool:
    """Whether a message is none of the contracts' own, or stands inside of its like."""
    kind = message_type_of(field)
    return kind.file.package.startswith("google.") or any(
        kind is each.containing_type for each in (*above, field)
    )
