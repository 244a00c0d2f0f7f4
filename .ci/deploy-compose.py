"""Holds a Compose file to the published model, and to what ours is there for."""

import re
import sys

import compose_spec

with open(sys.argv[1], encoding="utf-8") as file:
    # The library does not fill in variables: each is what it is where nobody sets it.
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", file.read())
compose = compose_spec.PyCompose.from_yaml(text)
compose.validate()
services = compose.to_dict()["services"]


def expect(true, what):
    if not true:
        sys.exit(f"{sys.argv[1]}: {what}")


sync, migrate, postgres = (services[name] for name in ("sync", "migrate", "postgres"))
expect("healthcheck" in postgres and "profiles" not in postgres, "`up -d` starts the database, and says when it answers")
expect(migrate["depends_on"]["postgres"]["condition"] == "service_healthy", "nothing is migrated before the database answers")
expect(sync["depends_on"]["migrate"]["condition"] == "service_completed_successfully", "nothing is synced before that")
expect(sync["profiles"] == migrate["profiles"], "who runs `sync` runs `migrate`")
expect(sync["entrypoint"][-1] == "sync", "what is typed after `run sync` are flags of `venues sync`")
keys = {"GOOGLE_PLACES_API_KEY", "FOURSQUARE_API_KEY", "YELP_API_KEY"}
environment = sync["environment"]
expect(keys < environment.keys() and not any(environment[key] for key in keys), "keys are the environment's, not the file's")
