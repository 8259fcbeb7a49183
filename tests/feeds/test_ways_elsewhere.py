"""Redirects and sitemaps that lead where no outlet may send us, in every spelling: each is told, none is asked."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from articles import outlets
from articles.models import Article, Source
from tests.feeds.server import Outlet
from tests.feeds.writing import item, page, rss

pytestmark = pytest.mark.django_db

PLACES = {
    "http://127.0.0.1:1/": "refused",
    "http://2130706433/": "refused",
    "http://0x7f.1/": "refused",
    "http://0177.0.0.1/": "refused",
    "http://①②⑦.0.0.1/": "refused",
    "http://127.1/": "refused",
    "http://0/": "refused",
    "//localhost/": "refused",
    "http://localhost./": "refused",
    "http://printer.local/": "refused",
    "http://10.0.0.1/": "refused",
    "http://100.64.0.1/": "refused",
    "http://169.254.169.254/latest/meta-data/": "refused",
    "http://192.168.1.1/": "refused",
    "http://224.0.0.1/": "refused",
    "http://[::1]/": "refused",
    "http://[::ffff:127.0.0.1]/": "refused",
    "http://[64:ff9b::7f00:1]/": "refused",
    "http://[2002:7f00:1::]/": "refused",
    "http://[fd00:ec2::254]/": "refused",
    "http://[fe80::1]/": "refused",
    "http://wire.example:22/": "refused",
    "http://[fe80::1%25eth0]/": "bad_address",
    "http://wire.example@127.0.0.1/": "bad_address",
    "http://127.0.0.1\\@wire.example/": "bad_address",
    "file:///etc/passwd": "bad_address",
    "gopher://127.0.0.1/": "bad_address",
    "data:text/xml,<rss/>": "bad_address",
    "javascript:alert(1)": "bad_address",
    "http://[": "bad_address",
}


def ends(outlet: Outlet) -> dict[str, str]:
    """Read every source together with a healthy one; how each of the others ended, by its name."""
    outlet.put_feed("/feed.xml", rss(item("Talks", outlet.url("/talks"))))
    outlet.put("/talks", page("Talks"))
    healthy = outlets.add_source(outlet.url("/feed.xml"), "Healthy")
    told = StringIO()
    call_command("ingest", "--all", "--json", stdout=told, stderr=StringIO())
    assert json.loads(told.getvalue())["new"] == 1 and Article.objects.get().source == healthy
    others = Source.objects.exclude(pk=healthy.pk)
    assert all(source.last_error.endswith(".") and source.failures == 1 for source in others)
    return dict(others.values_list("name", "last_error_code"))


@pytest.mark.parametrize("hops", [1, 3])
def test_no_redirect_leads_into_a_private_network_whichever_way_it_is_spelt(outlet: Outlet, hops: int) -> None:
    for number, place in enumerate(PLACES):
        for hop in range(hops):
            to = f"/{number}/{hop + 1}" if hop + 1 < hops else place.encode().decode("latin-1")
            outlet.put(f"/{number}/{hop}", "", status=302, headers={"Location": to})
        outlets.add_source(outlet.url(f"/{number}/0"), place)
    assert ends(outlet) == PLACES


def test_no_index_of_sitemaps_leads_there_either(outlet: Outlet) -> None:
    for name, place in {"private": "http://10.0.0.1/map.xml", "file": "file:///etc/passwd", "itself": "?"}.items():
        index = f"<sitemapindex><sitemap><loc>{place}</loc></sitemap></sitemapindex>"
        outlet.put(f"/{name}", index)
        outlets.add_source(outlet.url(f"/{name}"), name)
    assert ends(outlet) == {"private": "refused", "file": "empty", "itself": "empty"}
