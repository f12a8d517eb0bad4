"""What all models share."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A model that refuses fields it does not know, also when they are set later."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)
