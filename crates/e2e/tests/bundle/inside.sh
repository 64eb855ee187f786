#!/usr/bin/env bash
# Within a copy of this machine that is thrown away, without a network: the bundle of /mnt is installed,
# run by what its units say, upgraded and removed. Every step must hold; the last line says so.
set -euo pipefail
say() { echo "bundle: $*"; }
fail() { echo "bundle: FAILED: $*" >&2; tail -n 5 /tmp/log/*.log >&2 || true; exit 1; }
mkdir -p /tmp/log

# A body by POST, or a GET, without a client of its own; the answer's body.
ask() {
    local port=$1 path=$2 body=${3:-} method=GET
    [ -z "$body" ] || method=POST
    exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf '%s %s HTTP/1.0\r\nHost: 127.0.0.1\r\nX-ClickHouse-User: prohori\r\nX-ClickHouse-Key: %s\r\nContent-Length: %d\r\n\r\n%s' \
        "$method" "$path" "$(cat /etc/prohori/clickhouse-password)" "${#body}" "$body" >&3
    cat <&3
    exec 3>&-
}
is_ready() { ask "$1" /ready 2>/dev/null | head -n 1 | grep -q ' 200 '; }
store() { ask 18123 '/?database=prohori' "$1" 2>/dev/null | tail -n 1; }
wait_for() {
    local what=$1 passed=0
    shift
    until "$@"; do
        sleep 0.2
        passed=$((passed + 1))
        [ "$passed" -lt 600 ] || fail "still waiting for $what"
    done
}
# unit NAME: runs what the unit says as the user it says.
unit() {
    local file=/lib/systemd/system/$1.service user environment
    user=$(sed -n 's/^User=//p' "$file")
    environment=$(sed -n 's/^EnvironmentFile=//p' "$file")
    # shellcheck disable=SC1090
    [ -z "$environment" ] || . "$environment"
    eval "setpriv ${user:+--reuid=$user --regid=$user --clear-groups} --no-new-privs $(sed -n 's/^ExecStart=//p' "$file")" >>"/tmp/log/$1.log" 2>&1
}

cd /mnt/bundle
echo damaged >>README.md
! ./install server 2>/tmp/said || fail "a damaged bundle was installed"
grep -q 'nothing was done' /tmp/said || fail "the damage is not named"
[ ! -e /usr/bin/prohori ] || fail "a damaged bundle left something"
sed -i '$d' README.md

./install server >/tmp/log/install.log 2>&1 || fail "install server"
./install collector >>/tmp/log/install.log 2>&1 || fail "install collector"
say "installed"
[ "$(stat -c '%a %U %G' /etc/prohori/clickhouse-password)" = "640 root prohori" ] || fail "who may read the password"
[ "$(stat -c '%a %G' /etc/prohori/loader.toml)" = "640 prohori" ] || fail "who may read the configuration"

if command -v systemd-analyze >/dev/null; then
    said=$(systemd-analyze verify /lib/systemd/system/prohori-*.service /lib/systemd/system/prohori.target 2>&1 | grep prohori || true)
    [ -z "$said" ] || fail "$said"
    for file in /lib/systemd/system/prohori-*.service; do
        systemd-analyze security --no-pager --offline=true --threshold=20 "$file" >/tmp/said 2>&1 || fail "$file: $(tail -n 1 /tmp/said)"
    done
    say "units are well formed and hardened"
else
    say "NOT TESTED: there is no systemd-analyze here"
fi

# What systemd makes for StateDirectory=.
install -d -o prohori -g prohori -m 750 /var/lib/prohori
sed -i 's/^PROHORI_AGENCIES=.*/PROHORI_AGENCIES=local,demo/' /etc/prohori/agencies.env
unit prohori-kafka &
unit prohori-clickhouse &
unit prohori-topics || fail "topics"
grep -q '^raw.demo 4$' /tmp/log/prohori-topics.log || fail "no raw topic of the second agency"
for name in loader detector normalizer dashboard; do
    unit "prohori-$name" &
    running=$!
    [ "$name" != loader ] || loader=$running
done
for port in 18123 19604 19602 19603 8088; do wait_for "port $port" is_ready "$port"; done
say "every service is ready"
unit prohori-collector &
line="Nov 20 08:00:00 host sshd[1]: Accepted password for svcbackup from 203.0.113.66 port 4242 ssh2"
echo "$line" >>/var/log/auth.log
stored() { [ "$(store "SELECT count() FROM events WHERE raw = '$line' AND agency = 'demo'")" = 1 ]; }
wait_for "the line in the store" stored
runuser -u prohori -- prohori login --data /var/lib/prohori/api | grep -Eq '^[0-9a-f]{64}$' || fail "no first login"
say "a line of the installed collector is in the installed store"

password=$(cat /etc/prohori/clickhouse-password)
echo '# changed here' >>/etc/prohori/loader.toml
DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --install /mnt/next/prohori-server_*.deb >>/tmp/log/install.log 2>&1 || fail "upgrade"
[ "$(dpkg-query -W -f='${Version}' prohori-server)" = 99.0 ] || fail "the version after the upgrade"
[ "$(tail -n 1 /etc/prohori/loader.toml)" = '# changed here' ] || fail "the upgrade overwrote a configuration"
[ "$(cat /etc/prohori/clickhouse-password)" = "$password" ] || fail "the upgrade changed the password"
pkill -TERM -P "$loader" || kill -TERM "$loader"
wait "$loader" || true
unit prohori-loader &
wait_for "the loader after the upgrade" is_ready 19604
line="Nov 20 08:00:01 host sshd[2]: Accepted password for svcbackup from 203.0.113.66 port 4243 ssh2"
echo "$line" >>/var/log/auth.log
wait_for "a line after the upgrade" stored
say "upgraded; configuration and data were kept"

dpkg --remove prohori-server >>/tmp/log/install.log 2>&1 || fail "removal"
[ ! -e /usr/bin/prohori ] && [ -e /etc/prohori/loader.toml ] || fail "what a removal takes and leaves"
dpkg --purge prohori-server >>/tmp/log/install.log 2>&1 || fail "purge"
[ ! -e /etc/prohori/loader.toml ] || fail "a purge leaves the configuration"
[ -d /var/lib/prohori/clickhouse ] && [ -e /etc/prohori/clickhouse-password ] || fail "a purge took data"
say "removed; data was kept"
say "ALL STEPS HELD"
