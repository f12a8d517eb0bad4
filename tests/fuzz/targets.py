"""Every parser of what comes from outside."""

from tests.fuzz import answers, gateway, identities, requests

TARGETS = {
    target.name: target
    for module in (identities, requests, answers, gateway)
    for target in module.TARGETS
}
