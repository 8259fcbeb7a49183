"""Pages of the plans; an address ends in the plan's slug and the commitment's code."""

from django.urls import path

from plans.views import plans as views
from plans.views import reading, sharing, taking

urlpatterns = [
    path("", views.overview, name="overview"),
    path("plans/<slug:slug>/", views.plan, name="plan"),
    path("commitments/", reading.commitments, name="commitments"),
    path("table/", reading.table, name="table"),
    path("parties/<slug:slug>/", reading.party, name="party"),
    path("sectors/<slug:slug>/", reading.sector, name="sector"),
    path("evidence/<int:pk>/", views.evidence, name="evidence"),
    path("plans/<slug:slug>/pillars/<slug:code>/", reading.pillar, name="pillar"),
    path("evidence/<int:pk>/withdraw/", views.withdraw_evidence, name="withdraw_evidence"),
    path("assessments/<int:pk>/withdraw/", views.withdraw_assessment, name="withdraw_assessment"),
    path("plans/<slug:slug>/briefing/", taking.briefing, name="briefing"),
    path("plans/<slug:slug>/briefing.docx", taking.briefing_word, name="briefing_word"),
    path("plans/<slug:slug>/briefing/publish/", taking.publish_briefing, name="publish_briefing"),
    path("briefings/<int:pk>/", taking.published_briefing, name="published_briefing"),
    path("briefings/<int:pk>.docx", taking.published_briefing_word, name="published_briefing_word"),
    path("plans/<slug:slug>/export.<slug:form>", sharing.export, name="export"),
    path("plans/<slug:slug>/card/", sharing.card, name="card"),
    path("plans/<slug:slug>/feed/", sharing.plan_news, name="plan_news"),
    path("parties/<slug:slug>/feed/", sharing.party_news, name="party_news"),
    path("sectors/<slug:slug>/feed/", sharing.sector_news, name="sector_news"),
    path("api/", sharing.api_page, name="api_page"),
    path("plans/<slug:slug>/<str:code>/", views.commitment, name="commitment"),
    path("plans/<slug:slug>/<str:code>/assess/", views.assess, name="assess"),
]
