#!/usr/bin/env python3
"""Makes a fleet for measuring: a root, and what GoFood would answer for it.

    fleet.py DIR OUTLETS ITEMS [--layered] [--port PORT]

writes `DIR/root` (menusync.yaml, catalogs/), `DIR/answers/OUTLET.json` (the GET answer that equals the files) and
`DIR/json/OUTLET.json` (the same menu as JSON, for the peers). Two runs write the same bytes.
"""
import json
import sys
from pathlib import Path

DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]


def item(outlet, n):
    return {
        "external_id": f"ITEM-{n:05}",
        "name": f"Nasi Goreng Nomor {n}",
        "description": f"Nasi goreng dengan telur, acar dan kerupuk, porsi {n % 3 + 1} orang, pedas atau tidak, dimasak di atas arang",
        "price": 15000 + (n * 7 + outlet) % 80 * 500,
        "image": f"https://img.example.com/{outlet}/{n}.jpg",
        "operational_hours": {d: [{"start": "10:00", "end": "14:00"}, {"start": "16:00", "end": "22:00"}] for d in DAYS},
        "variant_category_external_ids": [f"VC-{n // 10 * 3 + k:04}" for k in range(3)],
    }


def menu(outlet, items):
    groups = (items + 9) // 10
    categories = [
        {
            "external_id": f"VC-{c:04}",
            "name": f"Pilihan {c}",
            "rules": {"selection": {"min_quantity": 0, "max_quantity": 2}},
            "variants": [
                {"external_id": f"V-{c:04}-{v}", "name": f"Tambahan {v}", "price": v * 1000} for v in range(4)
            ],
        }
        for c in range(groups * 3)
    ]
    menus = [
        {"name": f"Menu {m}", "menu_items": [item(outlet, n) for n in range(m * 50, min(items, m * 50 + 50))]}
        for m in range((items + 49) // 50)
    ]
    return {"variant_categories": categories, "menus": menus}


def yaml_of(value, indent=0):
    """Block style with plain and quoted scalars, as a person would have it."""
    pad = "  " * indent
    for key, inner in value.items():
        if key == "operational_hours":
            yield f"{pad}{key}:"
            for day, spans in inner.items():
                yield f"{pad}  {day}:"
                for span in spans:
                    yield f'{pad}    - {{start: "{span["start"]}", end: "{span["end"]}"}}'
        elif isinstance(inner, dict):
            yield f"{pad}{key}:"
            yield from yaml_of(inner, indent + 1)
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            yield f"{pad}{key}:"
            for one in inner:
                lines = list(yaml_of(one, indent + 2))
                yield f"{pad}  - {lines[0].strip()}"
                yield from lines[1:]
        elif isinstance(inner, list):
            yield f"{pad}{key}: [{', '.join(inner)}]"
        else:
            yield f"{pad}{key}: {inner}"


def answer(outlet, menu):
    """What GoFood would show: UUIDs beside the ids, everything in stock."""
    categories = [
        {
            "id": f"c-{outlet}-{at}",
            "external_id": c["external_id"],
            "name": c["name"],
            "internal_name": c["name"],
            "rules": c["rules"],
            "variants": [{"id": f"v-{outlet}-{at}-{k}", **v, "in_stock": True} for k, v in enumerate(c["variants"])],
        }
        for at, c in enumerate(menu["variant_categories"])
    ]
    ids = {c["external_id"]: c["id"] for c in categories}
    menus = [
        {
            "id": f"m-{outlet}-{at}",
            "name": m["name"],
            "menu_items": [
                {
                    "id": f"i-{outlet}-{i['external_id']}",
                    **{key: value for key, value in i.items() if key != "variant_category_external_ids"},
                    "in_stock": True,
                    "variant_category_ids": [ids[c] for c in i["variant_category_external_ids"]],
                }
                for i in m["menu_items"]
            ],
        }
        for at, m in enumerate(menu["menus"])
    ]
    return {"success": True, "data": {"menus": menus, "variant_categories": categories}}


def main():
    arguments = sys.argv[1:]
    port = arguments.pop(arguments.index("--port") + 1) if "--port" in arguments else "8719"
    target, outlets, items = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    layered = "--layered" in arguments
    for folder in ("root/catalogs", "answers", "json"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    (target / "root/menusync.yaml").write_text(
        f"target: custom\ngobiz:\n  api_url: http://127.0.0.1:{port}\n  oauth_url: http://127.0.0.1:{port}/oauth2/token\n"
        "  requests_per_second: 100000\n  concurrency: 8\nimages: {check: false}\nverify: {interval: 1s}\n"
    )
    shared = menu(0, items)
    if layered:
        (target / "root/catalogs/base.yaml").write_text("\n".join(yaml_of(shared)) + "\n")
    for outlet in range(outlets):
        name = f"G9{outlet:08}"
        own = shared if layered else menu(outlet, items)
        head = f"outlet: {name}\nname: Outlet {outlet}\n"
        body = "extends: [base.yaml]\n" if layered else "\n".join(yaml_of(own)) + "\n"
        (target / f"root/catalogs/{name}.yaml").write_text(head + body)
        if layered and outlet:
            (target / f"answers/{name}.json").write_bytes((target / "answers/G900000000.json").read_bytes())
        else:
            (target / f"answers/{name}.json").write_text(json.dumps(answer(outlet, own), separators=(",", ":")))
        (target / f"json/{name}.json").write_text(json.dumps(own, separators=(",", ":")))


main()
