"""Pages of the plans; an address ends in the plan's slug and the commitment's code."""

from django.urls import path

from plans.views import approving, files, reading, recording, sharing, taking
from plans.views import plans as views

urlpatterns = [
    path("", views.overview, name="overview"),
    path("commitments/", reading.commitments, name="commitments"),
    path("table/", reading.table, name="table"),
    path("my/", reading.my_day, name="my_day"),
    path("translations/", reading.translations, name="translations"),
    path("translations/reviewed/", reading.review_translation, name="review_translation"),
    path("parties/<slug:slug>/", reading.party, name="party"),
    path("sectors/<slug:slug>/", reading.sector, name="sector"),
    path("plans/<slug:slug>/", views.plan, name="plan"),
    path("plans/<slug:slug>/pillars/<slug:code>/", reading.pillar, name="pillar"),
    path("documents/<int:pk>/file/", files.document_file, name="document_file"),
    path("evidence/<int:pk>/", views.evidence, name="evidence"),
    path("evidence/<int:pk>/withdraw/", recording.withdraw_evidence, name="withdraw_evidence"),
    path("assessments/<int:pk>/withdraw/", recording.withdraw_assessment, name="withdraw_assessment"),
    path("approvals/", approving.approvals, name="approvals"),
    path("approvals/<int:pk>/accept/", approving.accept, name="accept"),
    path("approvals/<int:pk>/return/", approving.give_back, name="give_back"),
    path("plans/<slug:slug>/dates/", views.dates, name="dates"),
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
    path("plans/<slug:slug>/<str:code>/assess/", recording.assess, name="assess"),
    path("plans/<slug:slug>/<str:code>/report/", recording.report, name="report"),
    path("plans/<slug:slug>/<str:code>/move-date/", recording.move_date, name="move_date"),
    path("plans/<slug:slug>/<str:code>/check/", recording.check, name="check"),
    path("plans/<slug:slug>/<str:code>/amend/", recording.amend, name="amend"),
    path("plans/<slug:slug>/<str:code>/carry-over/", recording.carry_over, name="carry_over"),
]
