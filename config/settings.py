"""Settings of Mithaq: one file, read from the environment; the README's table lists every variable."""

from datetime import timedelta
from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env, validate

django_stubs_ext.monkeypatch()  # Django's generic classes take their type in brackets at run time too

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent

# ------------------------------------------------------------------ where it runs
MITHAQ_DATA = Path(env.str("MITHAQ_DATA", str(BASE_DIR / "var"))).expanduser().resolve()
EMBEDDED_POSTGRES = not env.str("DATABASE_URL", "")
EMBEDDED_VALKEY = not env.str("REDIS_URL", "")

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "")
if not SECRET_KEY:
    if not EMBEDDED_POSTGRES and not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set: a production site needs a secret of its own, 50 random characters."
        )
    from config.embedded import secret_key

    SECRET_KEY = secret_key(MITHAQ_DATA)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

if EMBEDDED_POSTGRES:
    from config.embedded import database_settings

    DATABASES = {"default": database_settings(MITHAQ_DATA)}
else:
    DATABASES = {"default": env.dj_db_url("DATABASE_URL")}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database: postgresql://user:password@host/name.")
if env.bool("DATABASE_POOL", True):
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": env.int("DATABASE_POOL_SIZE", 8),
        "timeout": 10,
    }
# server-side cursors do not survive PgBouncer's transaction mode
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True

# ------------------------------------------------------------------ the application
INSTALLED_APPS = [
    "config.apps.MithaqConfig",
    "plans",
    "articles",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgtrigger",
    "pghistory",
    "ninja",
    "axes",
    "csp",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.middleware.remember_language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.close_to_the_public",
    "pghistory.middleware.HistoryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["plans.templatetags.mithaq"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.page",
            ],
        },
    }
]

PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")  # reading changes nothing: spare every query of it

# each process keeps drawn lines of long tables: a fragment's key holds all it shows, so it is never out of date
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "template_fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "fragments",
        "OPTIONS": {"MAX_ENTRIES": 5000},
    },
    # whole pages, until a beat of the plans' pulse; a hundred kilobytes each at most
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "TIMEOUT": 24 * 3600,
        "OPTIONS": {"MAX_ENTRIES": 200},
    },
}

# ------------------------------------------------------------------ people
AUTH_USER_MODEL = "plans.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "plans.rights.Accounts"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "my_day"
LOGOUT_REDIRECT_URL = "overview"
AXES_FAILURE_LIMIT = env.int("MITHAQ_LOGIN_TRIES", 5, validate=validate.Range(min=1))
AXES_COOLOFF_TIME = timedelta(minutes=env.int("MITHAQ_LOGIN_PAUSE_MINUTES", 15, validate=validate.Range(min=1)))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "config.people.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
PUBLIC = env.bool("MITHAQ_PUBLIC", True)  # may the public browse plans, evidence and titles of news?

# ------------------------------------------------------------------ language and place
LANGUAGE_CODE = "en"
LANGUAGES = [("ar", _("Arabic")), ("en", _("English"))]
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_THOUSAND_SEPARATOR = False
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_TZ = True

# ------------------------------------------------------------------ files, mail, safety
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = EMBEDDED_POSTGRES or DEBUG
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

EMAIL_CONFIG = env.dj_email_url("EMAIL_URL", "console:")
vars().update(EMAIL_CONFIG)
SITE_ADDRESS = env.str("MITHAQ_ADDRESS", "")  # «https://mithaq.example.org»: where links in e-mails lead
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "mithaq@localhost")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # the page of a plan with 120 commitments sends some 1,500
SECURE_REFERRER_POLICY = "same-origin"
HTTPS = env.bool("HTTPS", False)  # served behind TLS: cookies are sent over it alone
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_AGE = 12 * 3600

# ------------------------------------------------------------------ work in the background
if EMBEDDED_VALKEY:
    from config.embedded import broker_url

    CELERY_BROKER_URL = broker_url(MITHAQ_DATA)
else:
    CELERY_BROKER_URL = env.str("REDIS_URL")
# who sends a message waits two seconds at most for a broker that is not there: the next scan finds the work
CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 0, "socket_connect_timeout": 1.0, "socket_timeout": 5.0}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "scan": {
        "task": "articles.tasks.scan",
        "schedule": float(env.int("MITHAQ_SCAN_SECONDS", 60, validate=validate.Range(min=1))),
    },
    "weigh": {"task": "articles.tasks.weigh_queue", "schedule": 3600.0},
    "tell": {"task": "articles.tasks.tell", "schedule": 600.0},
    "index": {"task": "articles.tasks.index_changes", "schedule": 15.0},
    "rematch": {"task": "articles.tasks.rematch", "schedule": 60.0},
    "saved_searches": {"task": "articles.tasks.send_saved_searches", "schedule": 900.0},
    "count_terms": {"task": "articles.tasks.count_terms", "schedule": 24 * 3600.0},
}

# Django's own default keeps a production site's errors to mail alone
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}

# ------------------------------------------------------------------ the field's own settings
SILENT_AFTER = timedelta(days=env.int("MITHAQ_SILENT_AFTER_DAYS", 180, validate=validate.Range(min=1)))
DUE_SOON = timedelta(days=env.int("MITHAQ_DUE_SOON_DAYS", 30, validate=validate.Range(min=1)))

# who publishes the IATI activities: the identifier IATI has given the publisher, and its name
MITHAQ_IATI_REF = env.str("MITHAQ_IATI_REF", "XX-MITHAQ")
MITHAQ_IATI_NAME = env.str("MITHAQ_IATI_NAME", "Mithaq")

# reading the press: what is excepted from the ban on private addresses, as host or host:port
FETCH_ALLOWED_HOSTS = env.list("FETCH_ALLOWED_HOSTS", [])
# between two readings of a source that adapts to its own rhythm
SOURCE_INTERVALS = (
    timedelta(minutes=env.int("MITHAQ_SHORTEST_INTERVAL_MINUTES", 15, validate=validate.Range(min=5))),
    timedelta(minutes=env.int("MITHAQ_LONGEST_INTERVAL_MINUTES", 24 * 60, validate=validate.Range(min=5))),
)
FETCH_SECONDS = env.float("FETCH_SECONDS", 30.0, validate=validate.Range(min=1))
FETCH_HOST_PAUSE = env.float("FETCH_HOST_PAUSE", 2.0, validate=validate.Range(min=0))
FETCH_USER_AGENT = env.str("FETCH_USER_AGENT", f"Mithaq/0.1 (+mailto:{DEFAULT_FROM_EMAIL})")

# the demo press of invented outlets, host:port; served by `manage.py press`
MITHAQ_PRESS = env.str("MITHAQ_PRESS", "127.0.0.1:8765")
if EMBEDDED_POSTGRES:
    from config.embedded import press_place

    MITHAQ_PRESS = press_place(MITHAQ_DATA)
    if MITHAQ_PRESS not in FETCH_ALLOWED_HOSTS:
        FETCH_ALLOWED_HOSTS.append(MITHAQ_PRESS)
