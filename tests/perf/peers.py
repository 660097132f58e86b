#!/usr/bin/env python3
"""What a short script needs for the same question, "does GoFood show what the files say?": peers.py json|yaml DIR [PORT]

`json` reads DIR/json, `yaml` the standalone files of DIR/root with PyYAML's C loader. No rules, no places, no plan."""
import http.client
import json
import sys
from pathlib import Path


def wanted_json(path):
    return json.loads(path.read_bytes())


def wanted_yaml(path):
    import yaml

    return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


def shown(body):
    """The answer in the form of the files."""
    data = json.loads(body)["data"]
    ids = {category["id"]: category["external_id"] for category in data["variant_categories"]}
    for category in data["variant_categories"]:
        del category["id"], category["internal_name"]
        for variant in category["variants"]:
            del variant["id"], variant["in_stock"]
    for menu in data["menus"]:
        del menu["id"]
        for item in menu["menu_items"]:
            item["variant_category_external_ids"] = [ids[id] for id in item.pop("variant_category_ids")]
            del item["id"], item["in_stock"]
    return data


def main():
    kind, target = sys.argv[1], Path(sys.argv[2])
    files = sorted((target / "json").glob("*.json") if kind == "json" else (target / "root/catalogs").glob("*.yaml"))
    read = wanted_json if kind == "json" else wanted_yaml
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[3]) if len(sys.argv) > 3 else 8719)
    differing = 0
    for path in files:
        connection.request("GET", f"/integrations/gofood/outlets/{path.stem}/v2/catalog")
        live = shown(connection.getresponse().read())
        wanted = read(path)
        wanted = {"menus": wanted["menus"], "variant_categories": wanted["variant_categories"]}
        differing += live != wanted
    print(f"{len(files)} outlets, {differing} differ")


main()
