"""What the plan page says of taking it along."""

import json

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from plans.exchange import iati
from plans.exchange.linked import json_ld
from plans.models import Plan
from plans.templatetags.mithaq import plain

register = template.Library()

# as Django's json_script: what could end the element or begin a comment
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag(takes_context=True)
def linked_data(context: template.Context, plan: Plan) -> SafeString:
    """The plan as schema.org data in its page; data, not script, so the content security policy lets it be."""
    data = json.dumps(json_ld(plan, context["request"]), ensure_ascii=False).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{data}</script>')  # noqa: S308 # escaped in the line above


@register.simple_tag(takes_context=True)
def frame_snippet(context: template.Context, plan: Plan, address: str) -> SafeString:
    """The HTML with which another site embeds the plan's card, to be read as text."""
    frame = '<iframe src="{}" title="{}" width="420" height="300" loading="lazy" style="border:0"></iframe>'
    return escape(format_html(frame, context["request"].build_absolute_uri(address), plain(plan, "title")))


@register.filter
def goes_into_iati(plan: Plan) -> bool:
    return iati.has_dates(plan)
