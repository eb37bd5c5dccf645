#!/usr/bin/env bash
# A key with an empty value and a key without a value are different things in a TXT record of DNS-SD (RFC 6763, section 6.4:
# `key=` and `key`), and two keys that differ only in case are the same key, of which the first counts. Two libraries by which
# services are found keep half of that each:
#
#   python-zeroconf 0.150.0 reads `key=` as it reads `key` (None), also what it has written itself, and keeps `Key` beside `key`;
#   dns-txt 2.0.2 (Node.js, below bonjour-service) tells `key=` ("") from `key` (true), and takes `Key` for `key`.
#
# So an empty value that is announced is none for whoever looks for it with zeroconf, and a flag in another case is not found.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check zeroconf==0.150.0
npm install --silent --no-audit --no-fund dns-txt@2.0.2 >/dev/null

cat >written.py <<'PY'
from zeroconf import ServiceInfo

KIND, NAME = "_chat._udp.local.", "lab._chat._udp.local."
written = ServiceInfo(KIND, NAME, properties={"flag": None, "empty": ""})
print("zeroconf writes", written.text)
print("zeroconf reads ", ServiceInfo(KIND, NAME, properties=written.text).properties)
strings = [b"mode=first", b"MODE=second", b"mode=third"]
text = b"".join(bytes([len(string)]) + string for string in strings)
print("zeroconf reads ", ServiceInfo(KIND, NAME, properties=text).properties)
PY
cat >dnstxt.js <<'JS'
const txt = require("dns-txt")();
const record = (...strings) => Buffer.concat(strings.map((s) => Buffer.concat([Buffer.from([s.length]), Buffer.from(s)])));
console.log("dns-txt reads  ", JSON.stringify(txt.decode(record("flag", "empty="))));
console.log("dns-txt reads  ", JSON.stringify(txt.decode(record("mode=first", "MODE=second", "mode=third"))));
JS
{ python/bin/python written.py; node dnstxt.js; } | tee seen

diff - seen <<'EXPECTED'
zeroconf writes b'\x04flag\x06empty='
zeroconf reads  {b'flag': None, b'empty': None}
zeroconf reads  {b'mode': b'first', b'MODE': b'second'}
dns-txt reads   {"flag":true,"empty":""}
dns-txt reads   {"mode":"first"}
EXPECTED
