"""Settings of the site. Environment variables configure production; docs/settings.md lists them.

The defaults are those of a local site that is safe to expose: DEBUG is off, the secret key is generated and stored in
var/, and the database is SQLite.
"""

import base64
import binascii
import os
import re
import stat
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, localedata
from csp.constants import NONCE, NONE, SELF
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _
from django_prose_editor.config import html_tags
from environs import validate
from js_asset import static_lazy
from pythonjsonlogger.core import RESERVED_ATTRS

from security import key_files
from security.proxies import parse_proxies
from unic_site.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

# Files of the installation are readable by its user only.
os.umask(0o077)

DEBUG = env.bool("DEBUG", default=False)


def private_folder(path: Path) -> Path:
    """Return `path` as a folder that only this user can read and write. Create it, or restrict its mode."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(path.stat().st_mode)
        own_files = (path / "secret_key", path / "static/.built-from")
        is_ours = any(file.exists() for file in own_files) or not any(path.iterdir())
        if mode & 0o077 and not is_ours:
            raise ImproperlyConfigured(
                f"DATA_DIR={path} contains files of another program, and other users can read it; "
                "give a folder of its own, or restrict it with: chmod 700."
            )
        if mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise ImproperlyConfigured(
            f"DATA_DIR={path} cannot be used: {error.strerror}; give a folder that this user owns."
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(
            f"DATA_DIR={path} cannot be written to by this user; give this user write access, or another folder."
        )
    return path


def generated_secret_key(path: Path) -> str:
    """Return the secret key in the file `path`. Create it at the first start."""
    try:
        key = key_files.read_or_create(path, lambda: get_random_secret_key().encode())
    except OSError as error:
        raise ImproperlyConfigured(
            f"The secret key {path} can be neither read nor created: {error.strerror}; correct that, or set SECRET_KEY."
        ) from error
    if len(key) < 50 or not key.isascii():
        raise ImproperlyConfigured(
            f"The secret key {path} is empty or damaged; restore it from the copy of the keys, or delete it to get "
            "a new one, which ends all sessions."
        )
    return key.decode("ascii")


def is_base64_of(length: int, text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == length
    except (binascii.Error, ValueError):
        return False


def folder_of_installation(path: str) -> Path | None:
    """Return SITE_DIR as a folder that this user can read, or None if it is not set."""
    if not path:
        return None
    folder = Path(path).resolve()
    if not folder.is_dir():
        raise ImproperlyConfigured(f"SITE_DIR={path} is not a folder; create it, or correct the path.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise ImproperlyConfigured(f"SITE_DIR={path} cannot be read by this user; allow it with: chmod -R go+rX {path}")
    return folder


def languages(codes: list[str]) -> dict[str, str]:
    """Return code → name in the language itself. Raises ImproperlyConfigured for a code that the site cannot have."""
    codes = [code.lower() for code in codes]
    if not all(codes):
        raise ImproperlyConfigured("LANGUAGES is not valid: there is no code between two commas; remove one of them.")
    names: dict[str, str] = {}
    for code in codes:
        if code in names:
            raise ImproperlyConfigured(f"LANGUAGES is not valid: {code!r} is given twice; remove one of them.")
        if not re.fullmatch(r"[a-z]{2,3}(-[a-z]{2,4})?", code) or not localedata.exists(code.replace("-", "_")):
            raise ImproperlyConfigured(
                f"LANGUAGES is not valid: {code!r} is no language. Write codes separated by commas, such as en,it,cs."
            )
        if not names and code not in LANG_INFO:
            raise ImproperlyConfigured(
                f"LANGUAGES is not valid: {code!r} cannot be the first one, because Django is not translated into it."
            )
        locale = Locale.parse(code, sep="-")
        name = locale.get_display_name() or code
        names[code] = name[0].upper() + name[1:]
        # Django knows the languages that it is translated into. Maltese is not among them.
        bidi = locale.text_direction == "rtl"
        LANG_INFO.setdefault(
            code, {"code": code, "name": locale.english_name or code, "name_local": name, "bidi": bidi}
        )
    return names


# Database, uploads, built static files and the generated keys of this installation.
DATA_DIR = private_folder(Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve())

# Folder with this installation's own templates, static files, translations and content, outside the program.
SITE_DIR = folder_of_installation(env.str("SITE_DIR", default=""))


def with_own(name: str) -> list[Path]:
    """Return the folders `name`: that of the installation, if there is one, and that of the program."""
    own = [SITE_DIR / name] if SITE_DIR and (SITE_DIR / name).is_dir() else []
    return [*own, BASE_DIR / name]


SECRET_KEY = env.str("SECRET_KEY", default="") or generated_secret_key(DATA_DIR / "secret_key")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY is shorter than 50 characters; give a longer random one, or none.")

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", subcast=str.strip, default=["localhost", "127.0.0.1", "[::1]"])
for host in ALLOWED_HOSTS:
    if not re.fullmatch(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]", host, re.IGNORECASE):
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS is not valid: {host!r} is not a host name. Write names without scheme and port, separated "
            "by commas, such as unic.example.org,www.unic.example.org."
        )

# Whether the site is served over HTTPS only. A proxy terminates TLS; the site itself serves plain HTTP.
HTTPS = env.bool("HTTPS", default=False)
# Browsers accept a cookie with this prefix from this host only, so other hosts of the domain cannot set one for it.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
# Proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Request-ID headers are trusted; see security/proxies.py.
try:
    TRUSTED_PROXIES = parse_proxies(
        env.list("TRUSTED_PROXIES", default=["127.0.0.0/8", "::1", "unix"] if HTTPS else [])
    )
except ValueError as error:
    raise ImproperlyConfigured(
        f"TRUSTED_PROXIES is not valid: {error}; give addresses or networks, separated by commas, such as 10.0.0.0/8."
    ) from error

INSTALLED_APPS = [
    # Before django.contrib.admin, as its documentation requires.
    "modeltranslation",
    "triggers",
    "server",
    "pagecache",
    "security",
    "health",
    "jobs",
    "accounts",
    "editorial",
    "translations",
    # Before consent, which replaces its admin.
    "cookie_consent",
    "consent",
    "feedback",
    "pictures",
    # Before partners: the sitemap and the overview of translations list the apps in this order.
    "alliance",
    "partners",
    "topics",
    "opportunities",
    "events",
    "news",
    "pages",
    "search",
    "social",
    "staticexport",
    "operations",
    "tools",
    "unic_site.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    # Templates of form fields, for FORM_RENDERER below.
    "django.forms",
    "django_countries",
    "django_prose_editor",
    "csp",
]

MIDDLEWARE = [
    # First, because it sets the client address and the scheme.
    "health.request_log.RequestLogMiddleware",
    # Before all others, so that static files, error pages and redirects to HTTPS have the headers too.
    "health.middleware.ResponseHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Before all that read what it corrects.
    "server.middleware.RequestMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "health.middleware.CompressionMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    # After ConditionalGetMiddleware, which computes the ETag.
    "health.middleware.CharactersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "pages.middleware.LanguageMiddleware",
    # After LanguageMiddleware, which sets the language of its error page, and before all others that render pages.
    "consent.middleware.ThirdPartyMiddleware",
    # After LanguageMiddleware, which sets the language of the error page.
    "server.middleware.RefusedRequestMiddleware",
    "django.middleware.common.CommonMiddleware",
    "pages.middleware.RedirectMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "editorial.acting.ActingStaffMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.SignInMiddleware",
]

# pages.middleware adds the slash, if the address leads anywhere then.
APPEND_SLASH = False
ROOT_URLCONF = "unic_site.urls"
WSGI_APPLICATION = "unic_site.wsgi.application"

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": with_own("templates"),
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pages.context_processors.layout_pages",
                "partners.context_processors.threads",
                "alliance.context_processors.alliance",
                "partners.context_processors.universities",
                "consent.context_processors.consent",
                "feedback.context_processors.feedback",
                "staticexport.context_processors.static_mirror",
            ],
        },
    },
]

# Database

DATABASES = {"default": env.dj_db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
database = DATABASES["default"]
if database["ENGINE"] == "django.db.backends.sqlite3":
    if database["NAME"] == ":memory:":
        raise ImproperlyConfigured(
            "DATABASE_URL has no path; write sqlite:///, then the absolute path: sqlite:////srv/unic/data/db.sqlite3."
        )
    database["OPTIONS"] = {
        # Writers queue for the lock at BEGIN instead of failing at their first write.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
elif database["ENGINE"] == "django.db.backends.postgresql":
    # ?pool=false in the address turns the pool off, for a pooler such as PgBouncer in front.
    options = database.setdefault("OPTIONS", {})
    pool = str(options.pop("pool", "true")).lower()
    if pool not in ("true", "false"):
        raise ImproperlyConfigured(
            f"DATABASE_URL is not valid: write ?pool=true or ?pool=false instead of ?pool={pool}."
        )
    if pool == "true":
        # A broken connection is replaced before a request gets it (health checks). An attempt to connect has a shorter
        # timeout than the request that waits for it.
        options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 5, "reconnect_timeout": 3}
        database["CONN_HEALTH_CHECKS"] = True
    options.setdefault("connect_timeout", 5)
else:
    raise ImproperlyConfigured("DATABASE_URL begins with neither sqlite nor postgres; only these two are supported.")

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Languages

# Languages of the content, each with its own name. The first one is the source language of translations.
CONTENT_LANGUAGES = languages(
    env.list("LANGUAGES", subcast=str.strip, default=["en", "pl", "nl", "es", "de", "tr", "fr", "fi", "hr", "sv"])
)
LANGUAGE_CODE = next(iter(CONTENT_LANGUAGES))
# Languages in which all texts of an item must be current before it is published. By default none: the page falls back.
REQUIRED_LANGUAGES = env.list("REQUIRED_LANGUAGES", subcast=str.strip, default=[])
# Languages that only staff see, while they translate the site into them.
HIDDEN_LANGUAGES = env.list("HIDDEN_LANGUAGES", subcast=str.strip, default=[])
_source, *translation_languages = CONTENT_LANGUAGES
for setting, chosen in {"REQUIRED_LANGUAGES": REQUIRED_LANGUAGES, "HIDDEN_LANGUAGES": HIDDEN_LANGUAGES}.items():
    if unknown := [code for code in chosen if code not in translation_languages]:
        raise ImproperlyConfigured(
            f"{setting} is not valid: {unknown[0]!r} is no language of translations. Write codes separated by commas: "
            f"{', '.join(translation_languages)}."
        )
# Languages for visitors. The language menu sorts them by name.
LANGUAGES = [(code, name) for code, name in CONTENT_LANGUAGES.items() if code not in HIDDEN_LANGUAGES]
MODELTRANSLATION_LANGUAGES = tuple(CONTENT_LANGUAGES)
MODELTRANSLATION_DEFAULT_LANGUAGE = LANGUAGE_CODE
MODELTRANSLATION_FALLBACK_LANGUAGES = (LANGUAGE_CODE,)
# `compilemessages` writes the compiled texts of SITE_DIR/locale to DATA_DIR/locale. They replace those of the program.
LOCALE_PATHS = [DATA_DIR / "locale", BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Warsaw")
try:
    ZoneInfo(TIME_ZONE)
except (ZoneInfoNotFoundError, ValueError, OSError) as error:
    raise ImproperlyConfigured(
        f"TIME_ZONE is not valid: {TIME_ZONE!r} is not a time zone; give a name such as Europe/Warsaw."
    ) from error
FORMAT_MODULE_PATH = ["unic_site.formats"]

# Country names that differ from ISO 3166-1.
COUNTRIES_OVERRIDE = {"NL": _("The Netherlands"), "TR": _("Türkiye (Turkey)")}

# Additions to the rich text editor.
DJANGO_PROSE_EDITOR_EXTENSIONS = [
    {
        "js": [static_lazy("editorial/phrase-language.js")],
        # “*” stands for all elements, which nh3 otherwise allows `lang` and `title`.
        "extensions": {"PhraseLanguage": html_tags(["span"], {"span": ["lang"], "*": []})},
    }
]

# Initial content. Another university or alliance has its own in SITE_DIR.
CONTENT_DIR = Path(env.str("CONTENT_DIR", default=str(with_own("content")[0])))

# Static files and uploads

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = with_own("static")
MEDIA_URL = "/media/"
# Renditions of pictures, which can be created again. A file is public while a published item uses it.
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    # Uploads of staff. The URL of a file is for staff only.
    "default": {
        "BACKEND": "editorial.files.PrivateStorage",
        "OPTIONS": {"location": DATA_DIR / "private", "base_url": "/admin/files/"},
    },
    "renditions": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "assets.storage.StaticFilesStorage"
    },
}
WHITENOISE_MAX_AGE = 0 if DEBUG else 3600
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
FILE_UPLOAD_PERMISSIONS = 0o600
# Uploads are read into memory, so that they do not depend on space for temporary files.
FILE_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
# A form can contain thirty rows with texts in ten languages.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# Staff accounts

AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "editorial.admin_site.csrf_failure"

# Page cache

PAGE_CACHE = DATA_DIR / "pages"
# Maximum size in the memory of each process, and of the folder. 0 disables the cache.
PAGE_CACHE_MEGABYTES = env.int("PAGE_CACHE_MEGABYTES", default=64, validate=validate.Range(min=0))

# Security

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF],
        "manifest-src": [SELF],
        # django-csp adds the nonce only to pages that use it: the admin, for the import map of its editor.
        # The digest is that of the speculation rules in static/js/layout.js.
        "script-src": [SELF, "'sha256-iq7Fy8QDx2i1ElRfbwZ2EYyLtmf1s8fqxt0MbAWJoDw='", NONCE],
        "style-src": [SELF, NONCE],
    }
}
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
# Django's defaults, like SESSION_COOKIE_SAMESITE: repeated, so that another version of Django cannot weaken them.
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

if HTTPS:
    SECURE_SSL_REDIRECT = True
    # Health checks of the proxy use plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
# Both affect other hosts of the domain for a year, so they need the decision of the owner of the domain.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
if SECURE_HSTS_PRELOAD and not SECURE_HSTS_INCLUDE_SUBDOMAINS:
    raise ImproperlyConfigured(
        "HSTS_PRELOAD needs HSTS_INCLUDE_SUBDOMAINS=true: browsers preload no domain without its subdomains."
    )
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# Consent. The app consent/ keeps the record instead of the log of django-cookie-consent, which stores neither the text
# of the notice nor withdrawals.

COOKIE_CONSENT_LOG_ENABLED = False
# deploy/nginx.conf repeats the name with the prefix, and the characters of a value.
COOKIE_CONSENT_NAME = f"{COOKIE_PREFIX}cookie_consent"
COOKIE_CONSENT_DECLINE = "-1"
# The default is a URL of django-cookie-consent, which the site does not have.
COOKIE_CONSENT_SUCCESS_URL = "/"
# Visitors are asked again after six months, for refusals and acceptances alike. The shortest six months have 181 days.
COOKIE_CONSENT_MAX_AGE = 60 * 60 * 24 * 181
COOKIE_CONSENT_SECURE = HTTPS
# Months after which records are erased. Consents are kept to prove them, refusals to prove that they were respected.
CONSENT_RETENTION_MONTHS = env.int("CONSENT_RETENTION_MONTHS", default=42, validate=validate.Range(min=7))
CONSENT_RETENTION_REFUSAL_MONTHS = env.int(
    "CONSENT_RETENTION_REFUSAL_MONTHS", default=12, validate=validate.Range(min=7)
)
# Minutes between two seals. With 0, only `manage.py seal_consents` seals and erases outdated records.
CONSENT_SEAL_MINUTES = env.float("CONSENT_SEAL_MINUTES", default=1, validate=validate.Range(min=0))
# 32 secret bytes in base64, the same on each host. By default a key is generated and stored in DATA_DIR.
CONSENT_SEAL_KEY = env.str("CONSENT_SEAL_KEY", default="")
if CONSENT_SEAL_KEY and not is_base64_of(32, CONSENT_SEAL_KEY):
    raise ImproperlyConfigured("CONSENT_SEAL_KEY is not valid: give 32 random bytes in base64, or remove it.")

# Mail: smtp:// or submission:// with a host. By default no mail is sent, and messages for staff are only in the admin.

mail = env.dj_email_url("EMAIL_URL", default="dummy://")
EMAIL_BACKEND = mail.get("EMAIL_BACKEND")
if EMAIL_BACKEND is None:
    raise ImproperlyConfigured("EMAIL_URL is not valid; write it as submission://user:password@mail.example.org.")
EMAIL_HOST, EMAIL_PORT = mail["EMAIL_HOST"], mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = mail["EMAIL_HOST_USER"], mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = mail["EMAIL_USE_TLS"], mail["EMAIL_USE_SSL"]
# Seconds. The request of a visitor waits for the mail server; after this time the message is sent later.
EMAIL_TIMEOUT = mail["EMAIL_TIMEOUT"] or 5
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="")
if EMAIL_BACKEND.endswith("smtp.EmailBackend") and "@" not in DEFAULT_FROM_EMAIL:
    raise ImproperlyConfigured("DEFAULT_FROM_EMAIL is not an address: with EMAIL_URL, set the sender address.")

# Machine translation service for drafts: deepl:KEY, or libretranslate:https://KEY@host. None by default.

MACHINE_TRANSLATION = env.str("MACHINE_TRANSLATION", default="")
if MACHINE_TRANSLATION and not re.match(r"deepl:\S|libretranslate:https?://\S", MACHINE_TRANSLATION):
    raise ImproperlyConfigured(
        "MACHINE_TRANSLATION is not valid; write it as deepl:KEY or libretranslate:https://KEY@translate.example.org."
    )

# Logs: one JSON object per line with the time in UTC, or plain text with DEBUG.

# One line for each request, without the IP address of the client.
ACCESS_LOG = env.bool("ACCESS_LOG", default=False)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "health.request_log.RequestIdFilter"},
        "client_fault": {"()": "health.request_log.ClientFaultFilter"},
    },
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(levelname)s %(name)s %(message)s",
            "timestamp": "time",
            "rename_fields": {"levelname": "level", "name": "logger"},
            # The URL in a request can contain personal data or a search term.
            "reserved_attrs": [*RESERVED_ATTRS, "request"],
            "json_ensure_ascii": False,
        },
        "plain": {"format": "%(levelname)s %(name)s: %(message)s"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["request_id", "client_fault"],
            "formatter": "plain" if DEBUG else "json",
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # It warns at each attempt to connect to PostgreSQL. The site itself logs that only once.
        "psycopg.pool": {"level": "ERROR"},
        # INFO for the apps of the site.
        **{app: {"level": "INFO"} for app in ("unic_site", *INSTALLED_APPS) if (BASE_DIR / app).is_dir()},
    },
}

env.require_known_names()
