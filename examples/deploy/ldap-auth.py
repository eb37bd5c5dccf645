#!/usr/bin/python3
"""Says to chinwag who may come in, by an LDAP directory: an auth command (docs/auth.md) that uses `ldapsearch` and `ldapwhoami`.

Needs the package ldap-utils. In config.toml:

    [serve]
    auth-command = '''exec /usr/local/lib/chinwag/ldap-auth.py --uri ldaps://ldap.example.org \
        --base ou=people,dc=example,dc=org --moderators cn=chat-moderators,ou=groups,dc=example,dc=org'''

The name is searched for; with a password, the entry that was found is bound to with it (RFC 4513). Whoever is to be locked out
must not be found any more by the filter: by default everybody is whose `uid` it is. To ask for more:

    --filter '(&(uid={name})(objectClass=inetOrgPerson)(!(pwdAccountLockedTime=*)))'
"""

import argparse
import base64
import json
import subprocess
import sys

# For everything together; chinwag ends a command after 5 seconds.
SECONDS = 4


class Failed(Exception):
    """The directory can't be asked."""


def escaped(value):
    """A value as it stands in a filter (RFC 4515, section 3)."""
    return "".join(f"\\{ord(c):02x}" if c in "*()\\\0" else c for c in value)


def run(command, given=b""):
    try:
        return subprocess.run(command, input=given, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{command[0]} took too long") from late


def connection(options):
    flags = ["-x", "-H", options.uri, "-o", "nettimeout=3"]
    return flags + ["-ZZ"] if options.start_tls else flags


def search(options, base, scope, filter, attributes):
    """Entries, each with its values by attribute in small letters."""
    command = ["ldapsearch", *connection(options), "-LLL", "-o", "ldif-wrap=no", "-z", "2", "-b", base, "-s", scope]
    if options.bind_dn:
        command += ["-D", options.bind_dn, "-y", options.bind_password_file]
    done = run([*command, filter, *attributes])
    # 4: there are more entries than were asked for; 32: there is none of that name (RFC 4511, appendix A).
    if done.returncode == 32:
        return []
    if done.returncode not in (0, 4):
        raise Failed(done.stderr.decode(errors="replace").strip() or f"ldapsearch ended with {done.returncode}")
    entries = []
    for line in done.stdout.decode(errors="replace").splitlines():
        attribute, colon, value = line.partition(":")
        if not colon or attribute.startswith("#"):
            continue
        if value.startswith(":"):
            value = base64.b64decode(value[1:]).decode(errors="replace")
        attribute, value = attribute.lower(), value.removeprefix(" ")
        if attribute == "dn":
            entries.append({"dn": [value]})
        elif entries:
            entries[-1].setdefault(attribute, []).append(value)
    return entries


def knows_password(options, dn, password):
    # An empty password would be no password, and all would be well (RFC 4513, section 5.1.2).
    if not password or "\0" in password:
        return False
    # The password goes through a pipe: arguments and environment can be read by others.
    done = run(["ldapwhoami", *connection(options), "-D", dn, "-y", "/dev/stdin"], password.encode())
    # 49: invalid credentials (RFC 4511, appendix A).
    if done.returncode not in (0, 49):
        raise Failed(done.stderr.decode(errors="replace").strip() or f"ldapwhoami ended with {done.returncode}")
    return done.returncode == 0


def answer(options, question):
    name, password = question["name"], question.get("password")
    found = search(options, options.base, "sub", options.filter.replace("{name}", escaped(name)), [options.attribute])
    if len(found) > 1:
        raise Failed(f"there are several entries for {name!r}")
    if not found:
        return {"verdict": "no"}
    dn = found[0]["dn"][0]
    if password is not None and not knows_password(options, dn, password):
        return {"verdict": "no"}
    said = {"verdict": "yes"}
    # To the directory, "Ann" and "ａｎｎ" are ann: the account has the name that is written there.
    names = found[0].get(options.attribute.lower(), [])
    if len(names) == 1:
        said["name"] = names[0]
    if options.moderators:
        member, uid = escaped(dn), escaped(said.get("name", name))
        filter = f"(|(member={member})(uniqueMember={member})(memberUid={uid}))"
        if search(options, options.moderators, "base", filter, ["1.1"]):
            said["roles"] = ["moderator"]
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uri", required=True, help="ldaps://HOST, or ldap://HOST with --start-tls")
    parser.add_argument("--start-tls", action="store_true", help="encrypt a connection to ldap://")
    parser.add_argument("--base", required=True, help="where the people are")
    parser.add_argument("--filter", default="(uid={name})", help="who may come in [default: (uid={name})]")
    parser.add_argument("--attribute", default="uid", help="the attribute that has the name [default: uid]")
    parser.add_argument("--moderators", help="the group whose members moderate")
    parser.add_argument("--bind-dn", help="search as this entry [default: anonymously]")
    parser.add_argument("--bind-password-file", help="its password; without a newline at the end")
    options = parser.parse_args()
    if bool(options.bind_dn) != bool(options.bind_password_file):
        parser.error("--bind-dn and --bind-password-file belong together")
    question = json.load(sys.stdin)
    if question["version"] != 1:
        raise Failed("the question is of another version")
    print(json.dumps({"version": 1, **answer(options, question)}))


try:
    main()
except (Failed, OSError, ValueError, KeyError) as why:
    sys.exit(f"ldap-auth: {why}")
