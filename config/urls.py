"""Every page stands under its language, `/ar/…` or `/en/…`; `/` is the overview in the reader's own."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from config import people
from plans.views import plans as views

urlpatterns = [
    path("", views.overview, name="home"),
    path("health/", people.health, name="health"),
    path("api/v1/", include("plans.api")),
    *i18n_patterns(
        path("", include("plans.urls")),
        path("", include("articles.urls")),
        path("accounts/", include("config.people_urls")),
        path("admin/", admin.site.urls),
    ),
]

handler403 = "config.people.forbidden"
