#!/bin/bash
# Starts the Postfix and the Dovecot that are configured under DIR, says "ready", and waits until its input ends: when the
# tests end, in whatever way, so do the servers. Nothing of the system's own Postfix or Dovecot is touched.
set -uo pipefail
dir=${1:?usage: keeper.sh DIR}

end_of() { # waits up to 10 s for the process of a pid file to be gone
  local pid
  pid=$(tr -d ' ' <"$1" 2>/dev/null) || return 0
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || return 0; sleep .1; done
}

stop() {
  cp "$dir/dovecot/run/master.pid" "$dir/dovecot.pid" 2>/dev/null
  dovecot -c "$dir/dovecot/dovecot.conf" stop &
  postfix -c "$dir/postfix" stop
  wait
  end_of "$dir/dovecot.pid"
  end_of "$dir/queue/pid/master.pid"
  rm -rf "$dir"
} </dev/null >/dev/null 2>&1
trap stop EXIT
trap 'exit 1' HUP INT TERM

chmod 755 "$dir"
mkdir -p "$dir"/{queue,data,mail,log,dovecot/run}
chown postfix "$dir/data"
chown nobody "$dir/mail"
chown root:dovecot "$dir/dovecot/users" && chmod 640 "$dir/dovecot/users"
chown -R root "$dir/postfix" "$dir"/*.pem && chmod 600 "$dir/right.pem"

# A daemon must not hold the pipes of this script open.
postfix -c "$dir/postfix" start </dev/null >"$dir/log/start" 2>&1 || { cat "$dir/log/start"; exit 1; }
dovecot -c "$dir/dovecot/dovecot.conf" </dev/null >>"$dir/log/start" 2>&1 || { cat "$dir/log/start"; exit 1; }
echo ready
cat >/dev/null
