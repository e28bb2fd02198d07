#!/bin/sh
# Installs the site on Debian 12 or newer: packages, user, folders, PostgreSQL, settings, units, nginx. Run as root:
#   git clone ADDRESS /srv/unic/site && sh /srv/unic/site/deploy/setup-debian.sh unic.example.org
# It can be run again: it does the missing steps, updates the files that it installed, and does not overwrite edited files.
set -eu
umask 022
site=/srv/unic/site
data=/srv/unic/data
backups=/var/backups/unic
settings=/etc/unic/environment
certificates=/etc/ssl/unic
error_pages=/var/lib/unic/error-pages
# Copies of the files as they were installed, to recognise edited files.
shipped=/etc/unic/shipped

say() { echo "$*"; }
stop() {
    echo "setup-debian: $*" >&2
    exit 1
}
has_systemd() { [ -d /run/systemd/system ]; }

domain=${1:-}
[ -n "$domain" ] || stop "the domain is missing. Example: sh deploy/setup-debian.sh unic.example.org"
case $domain in
*[!a-z0-9.-]* | .* | -* | *..*) stop "$domain is not a domain. Example: unic.example.org" ;;
esac
[ "$(id -u)" = 0 ] || stop "run this as root: sudo sh deploy/setup-debian.sh $domain"
[ "$(cd "$(dirname "$0")/.." && pwd -P)" = "$site" ] || stop "clone the site into $site and run its deploy/setup-debian.sh"
command -v apt-get >/dev/null || stop "this is not Debian: docs/deployment.md describes the steps for other systems"

install_packages() {
    missing=
    for package in ca-certificates curl git nginx openssl postgresql python3-venv; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "Installing$missing …"
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

make_user_and_folders() {
    getent passwd unic >/dev/null || {
        say "Creating the user unic …"
        useradd --system --user-group --home-dir /srv/unic --no-create-home --shell /usr/sbin/nologin unic
    }
    folder 0755 root:root /srv/unic
    folder 0700 unic:unic "$data"
    folder 0700 unic:unic "$backups"
    folder 0755 root:root /var/lib/unic
    folder 0755 unic:unic "$error_pages"
    folder 0750 root:unic /etc/unic
    folder 0700 root:root "$shipped"
    # The site's user can read the program but not change it.
    chmod -R go+rX "$site"
}

folder() {
    [ -d "$3" ] || mkdir -p "$3"
    chmod "$1" "$3"
    chown "$2" "$3"
}

install_program() {
    (cd "$site" && sh bin/environment requirements.txt)
    chmod -R go+rX "$site/.venv"
    sh "$site/deploy/compile.sh"
}

as_postgres() { (cd / && setpriv --reuid=postgres --regid=postgres --init-groups psql -qtAX --set=ON_ERROR_STOP=1 "$@"); }

make_database_and_settings() {
    [ ! -e "$settings" ] || return 0
    pg_isready -q || service postgresql start >/dev/null || stop "PostgreSQL does not start: see its log"
    waited=0
    until pg_isready -q; do
        waited=$((waited + 1))
        [ "$waited" -lt 30 ] || stop "PostgreSQL does not start: see its log"
        sleep 1
    done
    say "Creating the database unic …"
    password=$(openssl rand -hex 24)
    role=$(as_postgres -c "SELECT 1 FROM pg_roles WHERE rolname = 'unic'")
    # Passed on standard input, because other users can read the arguments of a process.
    if [ -n "$role" ]; then verb=ALTER; else verb=CREATE; fi
    echo "$verb ROLE unic LOGIN PASSWORD '$password'" | as_postgres
    [ -n "$(as_postgres -c "SELECT 1 FROM pg_database WHERE datname = 'unic'")" ] ||
        as_postgres -c "CREATE DATABASE unic OWNER unic TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
    say "Writing $settings …"
    unfinished=$(mktemp "$settings.XXXXXX")
    cat >"$unfinished" <<SETTINGS
# The settings of this installation, one NAME=value per line. docs/settings.md lists all of them.
# After a change: systemctl restart unic
DATABASE_URL=postgres://unic:$password@127.0.0.1/unic
DATA_DIR=$data
ALLOWED_HOSTS=$domain
HTTPS=true
#SITE_DIR=/srv/unic/own
#LANGUAGES=en,it,cs
#EMAIL_URL=submission://user:password@mail.example.org
#DEFAULT_FROM_EMAIL=web@example.org
SETTINGS
    chown root:unic "$unfinished"
    chmod 0640 "$unfinished"
    mv "$unfinished" "$settings"
}

# install_file SOURCE TARGET MODE: copies SOURCE unless TARGET was edited. Sets changed=yes if it copied.
install_file() {
    pristine=$shipped/$(basename "$2")
    if [ -e "$2" ] && cmp -s "$1" "$2"; then
        cmp -s "$1" "$pristine" || cp "$1" "$pristine"
        return 0
    fi
    if [ -e "$2" ] && ! cmp -s "$2" "$pristine"; then
        say "$2 was edited and is not overwritten. Compare it with $1."
        return 0
    fi
    say "Installing $2 …"
    install -m "$3" "$1" "$2"
    cp "$1" "$pristine"
    changed=yes
}

install_commands() {
    install_file "$site/deploy/unic" /usr/local/bin/unic 0755
    install_file "$site/deploy/unic-upgrade" /usr/local/bin/unic-upgrade 0755
}

# Fills the database and builds static files, so that the service starts quickly.
prepare_site() {
    unic prepare
    [ -e "$error_pages/503.html" ] || unic write_error_pages --to "$error_pages"
}

install_units() {
    changed=
    for unit in unic.service unic-backup.service unic-backup.timer; do
        install_file "$site/deploy/$unit" "/etc/systemd/system/$unit" 0644
    done
    if ! has_systemd; then
        say "systemd is not running: no service was started."
        return 0
    fi
    [ -z "$changed" ] || systemctl daemon-reload
    for unit in unic.service unic-backup.timer; do
        systemctl is-enabled -q "$unit" || systemctl enable -q "$unit"
        if ! systemctl is-active -q "$unit"; then
            systemctl start "$unit"
        elif [ -n "$changed" ]; then
            say "Restarting $unit, because a unit changed …"
            systemctl restart "$unit"
        fi
    done
}

install_proxy() {
    folder 0755 root:root "$certificates"
    folder 0755 root:root /var/cache/nginx
    [ -e "$certificates/fullchain.pem" ] || {
        say "Creating a self-signed certificate, until you install one that browsers trust …"
        (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj "/CN=$domain" \
            -addext "subjectAltName=DNS:$domain" -keyout "$certificates/privkey.pem" \
            -out "$certificates/fullchain.pem" 2>/dev/null)
        chmod 0644 "$certificates/fullchain.pem"
    }
    changed=
    # Stays, to be compared with an edited file.
    wanted=$shipped/unic.conf.new
    target=/etc/nginx/sites-available/unic.conf
    previous=$shipped/unic.conf.previous
    rm -f "$previous"
    [ ! -e "$target" ] || cp -p "$target" "$previous"
    sed "s/unic\.example\.org/$domain/g" "$site/deploy/nginx.conf" >"$wanted"
    if [ ! -e "$shipped/unic.conf" ] && [ -L /etc/nginx/sites-enabled/default ]; then
        # Debian's default site would answer requests for other hosts.
        rm /etc/nginx/sites-enabled/default
        changed=yes
    fi
    install_file "$wanted" "$target" 0644
    [ -L /etc/nginx/sites-enabled/unic.conf ] || {
        ln -s ../sites-available/unic.conf /etc/nginx/sites-enabled/unic.conf
        changed=yes
    }
    # Always, because another file may have become invalid, and nginx would not start again.
    nginx -t -q || {
        if [ -e "$previous" ] && ! cmp -s "$previous" "$target"; then
            cp -p "$previous" "$target"
            # It is not the installed file any more, so that the next run installs it again.
            cp "$previous" "$shipped/unic.conf"
            stop "nginx rejects the new $target: see the message above. The previous file was put back"
        fi
        stop "nginx rejects its configuration: see the message above"
    }
    rm -f "$previous"
    [ -n "$changed" ] || return 0
    ! has_systemd || systemctl reload-or-restart nginx
}

install_packages
make_user_and_folders
install_program
make_database_and_settings
install_commands
prepare_site
install_units
install_proxy

if has_systemd; then
    curl --silent --fail --output /dev/null --retry 90 --retry-delay 1 --retry-all-errors http://127.0.0.1:8000/readyz ||
        stop "the site does not answer. See its log: journalctl -u unic"
    say "The site is running. Create the first account: unic createsuperuser"
fi
[ -L "$certificates/fullchain.pem" ] || say "To get a certificate that browsers trust, see Certificate in docs/deployment.md."
