#!/bin/bash
# it_notify_samples.sh: the channels in conf/alerts, as their first lines say:
# a chat, whatever a name has in it, and text messages.  What goes wrong there,
# a program that is missing too, gives no alert up.
# shellcheck disable=SC2016,SC2317 # what others read, what check calls
# shellcheck disable=SC2119 # drain without more
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/notify.sh
. "$top/tests/rig/notify.sh"
rig_alone "$@"
command -v jq >/dev/null || rig_skip "jq is missing"
notify_prepare

# --- the other ends -------------------------------------------------------------

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout /run/key.pem \
    -out /run/cert.pem 2>/dev/null
# So that nothing is left there.
cp /run/cert.pem /usr/local/share/ca-certificates/it.crt
update-ca-certificates >/dev/null 2>&1 || :
cat >/run/chat.py <<-'PY'
	import http.server, ssl
	class H(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        body = self.rfile.read(int(self.headers["Content-Length"]))
	        code = int(open("/run/code").read())
	        self.send_response(code)
	        self.send_header("Location", "https://localhost:8443/sign-in")
	        self.end_headers()
	        if code < 300 and self.path == "/hook/T/B?t=1":
	            with open("/run/got/chat", "ab") as f:
	                f.write(body + b"\n")
	    def log_message(self, *a):
	        pass
	s = http.server.HTTPServer(("127.0.0.1", 8443), H)
	c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	c.load_cert_chain("/run/cert.pem", "/run/key.pem")
	s.socket = c.wrap_socket(s.socket, server_side=True)
	s.serve_forever()
PY
echo 200 >/run/code
/usr/bin/python3 /run/chat.py >/run/chat.log 2>&1 &
rig_until curl -sk -o /dev/null https://localhost:8443/

# What the modem holds is a file a message; it has room for two.
cat >/run/mmcli <<-'SH'
	#!/bin/sh
	case "$*" in
	*--messaging-create-sms=*)
		[ "$(find /run/got/sms -type f | wc -l)" -lt 2 ] || exit 1
		n=$(date +%N)
		echo "$*" >"/run/got/sms/$n"
		echo "Successfully created new SMS: /org/freedesktop/M/SMS/$n" ;;
	*--messaging-delete-sms=*) rm "/run/got/sms/${3##*/}" ;;
	*--send) [ ! -e /run/got/no-net ] || exit 1
		cat "/run/got/sms/${2##*/}" >>/run/got/sent ;;
	esac
SH
chmod 0755 /run/mmcli
mkdir -m 0777 "$got/sms"
if [ ! -e /usr/bin/mmcli ]; then
	trap 'umount -l /usr/bin/mmcli 2>/dev/null || :; rm -f /usr/bin/mmcli' EXIT
	: >/usr/bin/mmcli
fi
mount --bind /run/mmcli /usr/bin/mmcli

# --- as the first lines say -----------------------------------------------------

mkdir -p /run/libexec
install -m 755 "$top/conf/alerts/chat.sh" /run/libexec/aas-chat
install -m 755 "$top/conf/alerts/sms.sh" /run/libexec/aas-sms
mkdir -p /etc/aas
echo 'https://localhost:8443/hook/T/B?t=1' >/etc/aas/chat.url
chown aas-notify /etc/aas/chat.url
chmod 0400 /etc/aas/chat.url
rig_conf <<-'CONF'
	realm = "demo.example";
	alerts = { exec = (
	    { argv = [ "/run/libexec/aas-chat", "/etc/aas/chat.url" ]; },
	    { argv = [ "/run/libexec/aas-sms", "+15550100" ]; } );
	    syslog = false; journal = false; terminals = false; };
CONF

# waiting QUEUE DEAD
waiting()
{
	cat /run/notify.log
	[ "$(find "$spool/queue" -type f | wc -l)" -eq "$1" ] &&
	    [ "$(find "$spool/dead" -type f | wc -l)" -eq "$2" ]
}

chat_has()
{
	tail -n 1 "$got/chat"
	tail -n 1 "$got/chat" | jq -e --arg t "$1" '.text == $t' >/dev/null
}

: >"$got/chat"
chmod 0666 "$got/chat"
event sign-in ',"rhost":"192.0.2.7","session":"aabbccddeeff0011"' >/dev/null
drain
check 'a sign-in comes to the chat' chat_has \
    "[\`h\`] sign-in of \`demo\` from \`192.0.2.7\` - not you? aasctl end aabbccddeeff0011 --lock (alert 1, previous 0)"
event sign-in ',"rhost":"<!channel> <https://x|y> @all `&\u202eA\u0007\n\"\\\u00e9$(id)","session":"../x"' >/dev/null
drain
check 'a name is markup, link, call or direction of nothing' chat_has \
    "[\`h\`] sign-in of \`demo\` from \`&lt;!channel&gt; &lt;https://x|y&gt; @all '&amp;?A??\"\\é\$(id)\` (a name, not verified) (alert 2, previous 1)"
event attempts ',"count":7,"rhost":"2001:db8::1","text":"most from `x`"' >/dev/null
drain
check 'how many, and what more is said' chat_has \
    "[\`h\`] attempts of \`demo\` from \`2001:db8::1\`, 7 times: \`most from 'x'\` (alert 3, previous 2)"
for code in 302 404 500; do
	echo "$code" >/run/code
	event sign-in >/dev/null
	drain
	check "an answer of $code is none" waiting 1 0
	echo 200 >/run/code
	drain
	check "... and is asked for again" waiting 0 0
done
check 'none of those is a text message' test ! -e "$got/sent"

: >"$got/sent"
chmod 0666 "$got/sent"
: >"$got/no-net"
event recovery-started >/dev/null
for _ in 1 2 3; do
	drain
done
check 'a text message that is not sent waits' waiting 1 0
check 'and takes no room for long' test -z "$(ls "$got/sms")"
rm "$got/no-net"
drain
check 'then it is sent' grep -q "text='h recovery-started demo',number='+15550100'" \
    "$got/sent"
check 'and nothing waits' waiting 0 0

: >/run/none
mount --bind /run/none "$(readlink -f "$(command -v jq)")"
event recovery-started >/dev/null
drain
umount "$(readlink -f /usr/bin/jq)"
check 'without jq nothing is given up' waiting 1 0
drain
check 'with it all is told' waiting 0 0
exit "$failed"
