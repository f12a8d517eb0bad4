"""Facts that are easy to tell apart: what somebody loves to do."""

from collections.abc import Iterable

from agent_memory_client.models import MemoryMessage

HOBBIES = (
    *("archery", "baking", "chess", "diving", "embroidery", "fencing", "gardening", "hiking"),
    *("ice skating", "juggling", "kayaking", "lacrosse", "magic tricks", "netball", "origami"),
    *(
        "pottery",
        "quilting",
        "rowing",
        "sailing",
        "tennis",
        "astronomy",
        "badminton",
        "calligraphy",
    ),
    *("dancing", "weaving", "falconry", "golf", "horse riding", "improv comedy", "jogging"),
    *("karaoke", "knitting", "landscape painting", "meditation", "needlework", "opera"),
    *("photography", "quiz nights", "rock climbing", "skiing", "table tennis", "ultimate frisbee"),
    *("volleyball", "wrestling", "yoga", "zumba", "beekeeping", "birdwatching", "bowling"),
    *("camping", "cricket", "curling", "darts", "fishing", "geocaching", "glassblowing"),
    *("hockey", "jazz", "kite flying", "mushroom hunting", "paragliding", "poetry"),
    *("snooker", "surfing", "swimming", "woodcarving"),
)


def told(hobby: str) -> MemoryMessage:
    """A message that states it, under an id of its own."""
    return MemoryMessage(id=hobby, role="user", content=f"I love {hobby}.")


def facts(hobbies: Iterable[str]) -> list[str]:
    """What is known of somebody who told these, in alphabetical order."""
    return sorted(f"User loves {hobby}" for hobby in hobbies)
