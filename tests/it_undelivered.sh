#!/bin/bash
# it_undelivered.sh: who signs in while alerts about the account cannot be
# delivered is told how many; once they are, nothing is said.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
obj=${AAS_TOP_BUILDDIR:-/build}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"
notify=/usr/libexec/aas/aas-notify
spool=/var/spool/aas
mkdir -m 0777 /run/got
getent group aas >/dev/null || groupadd --system aas
getent passwd aas-notify >/dev/null ||
    useradd --system --no-create-home --shell /usr/sbin/nologin aas-notify
rig_user demo 'correct horse'
rig_user other 'correct horse'
rig_stack sshd login

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout /run/hook.key \
    -out /run/hook.pem 2>/dev/null
cat >/run/https.py <<-'PY'
	import http.server, ssl
	class H(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        with open("/run/got/hook", "ab") as f:
	            f.write(self.rfile.read(int(self.headers["Content-Length"])))
	            f.write(b"\n")
	        self.send_response(204)
	        self.end_headers()
	    def log_message(self, *a):
	        pass
	s = http.server.HTTPServer(("127.0.0.1", 8443), H)
	c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	c.load_cert_chain("/run/hook.pem", "/run/hook.key")
	s.socket = c.wrap_socket(s.socket, server_side=True)
	s.serve_forever()
PY
hook_up()
{
	/usr/bin/python3 /run/https.py >/run/https.log 2>&1 &
	https=$!
	rig_until curl -sk -o /dev/null https://localhost:8443/
}
hook_down()
{
	kill "$https"
	wait "$https" 2>/dev/null || :
}

rig_settings <<-'CONF'
	realm = "demo.example";
	alerts = {
	  webhook = ( { url = "https://localhost:8443/"; ca_file = "/run/hook.pem"; } );
	  journal = false; syslog = false; terminals = false;
	};
CONF

# A run of the notifier is over, and another one that is told to try again.
drain()
{
	rig_until at_rest || return 1
	timeout 60 "$notify" --all
}
at_rest()
{
	[ -z "$(find "$spool/new" -type f)" ] && not pgrep -x aas-notify >/dev/null
}

# enters USER: on the console.
enters()
{
	"$obj/tests/bench/pamtx" -v -s login -p s "$1" >"$out" 2>&1
}
told()
{
	said "$1 about this account"
}

# --- it is down ---------------------------------------------------------------

check 'a sign-in' enters demo
check 'nothing is said while all is delivered or on its way' not told alert
check 'the notifier has tried' drain
check 'another sign-in' enters demo
check 'it says that one is not delivered' said \
    '^pamtx: 4: 1 alert about this account has not been delivered; "aasctl alerts" shows it\.$'
drain
check 'somebody else signs in' enters other
check 'nothing is said of what is not theirs' not told alert
drain
check 'a third sign-in' enters demo
check 'it says that two are not' said \
    '^pamtx: 4: 2 alerts about this account have not been delivered; "aasctl alerts" shows them\.$'
drain
aasctl status demo >"$out" 2>&1 || :
check 'so does aasctl status' said '^alerts: *3 not delivered'

# By ssh, on a terminal.
rig_sshd
printf '#!/bin/sh\necho correct horse\n' >/run/askpass
chmod 0755 /run/askpass
by_ssh()
{
	rm -f /home/demo/.hushlogin
	SSH_ASKPASS=/run/askpass SSH_ASKPASS_REQUIRE=force timeout 60 \
	    ssh -F none -tt -o NumberOfPasswordPrompts=1 \
	    -o PreferredAuthentications=keyboard-interactive demo@localhost \
	    >"$out" 2>&1 <<<"exit" || :
	tr -d '\r' <"$out" >"$out.1"
	mv "$out.1" "$out"
}
by_ssh
check 'and ssh' said '^3 alerts about this account have not been delivered'

# It is root's word alone.
mark=$spool/undelivered/$(id -u demo)
drain
check 'a file says how many' test "$(stat -c %s "$mark")" -eq 4
chown demo "$mark"
enters demo
check 'but one that is not of root says nothing' not told alert
chown root "$mark"
drain

# --- it is back ---------------------------------------------------------------

hook_up
check 'it is back' drain
check 'all have come' test "$(grep -c '"user":"demo"' /run/got/hook)" -eq 5
check 'the next sign-in' enters demo
check 'has nothing to say' not told alert
rig_until at_rest
aasctl status demo >"$out" 2>&1 || :
check 'nor has aasctl status' not said '^alerts:'
drain
check 'no file is left' test -z "$(find "$spool/undelivered" -type f)"

# --- and given up ---------------------------------------------------------------

hook_down
sed -i 's/journal = false;/keep_days = 1; &/' /etc/aas/aas.conf
aasctl policy build >/dev/null
enters demo
drain
old()
{
	local f

	f=$(find "$spool/queue" -name "*.u$(id -u demo)")
	[ -n "$f" ] || return 1
	sed -i "s/^aasq1 [0-9]*/aasq1 1000000000/" "$f"
	# And its place has failed for as long.
	sed -i 's/ [0-9]* / 1009 /' "$spool/targets"
	drain
	find "$spool/dead" -name "*.u$(id -u demo)" | grep -q .
}
check 'what is given up' old
enters demo
check 'is said, too' told '1 alert'
exit "$failed"
