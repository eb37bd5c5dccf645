#!/usr/bin/env python3
"""Checks the vectors beside it, knowing ../PROTOCOL.md and nothing of the code.

The tables of the document are read and executed: the layouts of datagrams, the bodies of frames, the fields of structs and
the variants of enums. The handshake is computed anew from its keys. Every value is decoded, compared, and encoded again.
Needs Python 3.9 and the package `cryptography`. Exits with 1 at the first mismatch.
"""

import hashlib
import hmac
import json
import pathlib
import re
import sys
import unicodedata
import zlib

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).resolve().parent


# --- the document ---------------------------------------------------------------------------------------------------

def tables(text):
    """The first table under each heading: a list of rows, each a dict by column."""
    found, heading, head = {}, None, None
    for line in text.splitlines():
        if line.startswith("#"):
            heading, head = line.lstrip("#").strip().strip("`"), None
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if head is None:
                head = cells if heading not in found else []
                found.setdefault(heading, [])
            elif head and set(line) - set("|- "):
                found[heading].append(dict(zip(head, cells)))
        else:
            head = None if line.strip() == "" else head
    return found


def ticked(cell):
    return re.findall(r"`([^`]*)`", cell)


TABLES = tables((HERE.parent / "PROTOCOL.md").read_text(encoding="utf-8"))
CONSTANTS = {ticked(row["name"])[0]: row["value"] for row in TABLES["11. Constants"]}


def constant(name):
    return int(CONSTANTS[name])


# --- postcard -------------------------------------------------------------------------------------------------------

class Malformed(Exception):
    pass


def take(octets, n):
    if len(octets) < n:
        raise Malformed("end of the octets")
    return octets[:n], octets[n:]


def take_varint(octets, bits):
    value = 0
    for shift in range(0, bits, 7):
        octet, octets = take(octets, 1)
        value |= (octet[0] & 0x7F) << shift
        if octet[0] < 0x80:
            if value >> bits:
                raise Malformed("a varint beyond its width")
            return value, octets
    raise Malformed("a varint without an end")


def varint(value):
    out = b""
    while value >= 0x80:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def fields_of(cell):
    """`name`: `type` pairs, or bare types, in the order of a cell."""
    words = ticked(cell)
    return list(zip(words[::2], words[1::2])) if "`: `" in cell else words


def decode(ty, octets):
    """A value of a type of the document, as JSON has it but for octets, which stay octets; and what comes after it."""
    if ty == "u8":
        octet, octets = take(octets, 1)
        return octet[0], octets
    if ty in ("u16", "u32", "u64"):
        return take_varint(octets, int(ty[1:]))
    if ty == "fixed64":
        return take(octets, 8)
    if ty == "bool":
        octet, octets = take(octets, 1)
        if octet[0] > 1:
            raise Malformed("neither true nor false")
        return octet[0] == 1, octets
    if match := re.fullmatch(r"octets\[(\d+)\]", ty):
        return take(octets, int(match[1]))
    if ty.startswith("octets of "):
        length, octets = take_varint(octets, 64)
        value, octets = take(octets, length)
        same(f"the {ty[10:]} within, encoded", encode(ty[10:], exact(ty[10:], value)), value)
        return value, octets
    if ty == "string":
        length, octets = take_varint(octets, 64)
        value, octets = take(octets, length)
        return value.decode("utf-8"), octets
    if ty.startswith("list of "):
        count, octets = take_varint(octets, 64)
        values = []
        for _ in range(count):
            value, octets = decode(ty[8:], octets)
            values.append(value)
        return values, octets
    if ty.startswith("option of "):
        some, octets = decode("bool", octets)
        return decode(ty[10:], octets) if some else (None, octets)
    if match := re.fullmatch(r"result of (\w+) or (\w+)", ty):
        index, octets = take_varint(octets, 32)
        name, ty = [("Ok", match[1]), ("Err", match[2])][index]
        value, octets = decode(ty, octets)
        return {name: value}, octets
    rows = TABLES[ty]
    if "field" in rows[0]:
        return decode_all([(ticked(row["field"])[0], ticked(row["type"])[0]) for row in rows], octets)
    index, octets = take_varint(octets, 32)
    if index >= len(rows):
        raise Malformed(f"{ty} has no variant {index}")
    name, fields = ticked(rows[index]["variant"])[0], fields_of(rows[index].get("fields", ""))
    if not fields:
        return name, octets
    if isinstance(fields[0], tuple):
        value, octets = decode_all(fields, octets)
        return {name: value}, octets
    values = []
    for ty in fields:
        value, octets = decode(ty, octets)
        values.append(value)
    return {name: values[0] if len(values) == 1 else values}, octets


def decode_all(fields, octets):
    values = {}
    for name, ty in fields:
        values[name], octets = decode(ty, octets)
    return values, octets


def encode(ty, value):
    """The octets of a value as JSON has it."""
    if ty == "u8":
        return bytes([value])
    if ty in ("u16", "u32", "u64"):
        return varint(value)
    if ty == "bool":
        return bytes([value])
    if ty == "fixed64" or ty.startswith("octets["):
        return octets_of(value)
    if ty.startswith("octets of "):
        return varint(len(octets_of(value))) + octets_of(value)
    if ty == "string":
        return varint(len(value.encode())) + value.encode()
    if ty.startswith("list of "):
        return varint(len(value)) + b"".join(encode(ty[8:], element) for element in value)
    if ty.startswith("option of "):
        return b"\0" if value is None else b"\1" + encode(ty[10:], value)
    if match := re.fullmatch(r"result of (\w+) or (\w+)", ty):
        return b"\0" + encode(match[1], value["Ok"]) if "Ok" in value else b"\1" + encode(match[2], value["Err"])
    rows = TABLES[ty]
    if "field" in rows[0]:
        return b"".join(encode(ticked(row["type"])[0], value[ticked(row["field"])[0]]) for row in rows)
    name = value if isinstance(value, str) else next(iter(value))
    index = next(i for i, row in enumerate(rows) if ticked(row["variant"])[0] == name)
    fields = fields_of(rows[index].get("fields", ""))
    out = varint(index)
    if fields and isinstance(fields[0], tuple):
        return out + b"".join(encode(ty, value[name][field]) for field, ty in fields)
    values = value[name] if len(fields) > 1 else [value[name]] if fields else []
    return out + b"".join(encode(ty, element) for ty, element in zip(fields, values))


def octets_of(value):
    """Octets, which JSON has in hexadecimal or as a list of numbers."""
    return bytes.fromhex(value) if isinstance(value, str) else bytes(value)


def shown(value, octets):
    """A value as JSON has it, with octets in it shown so."""
    if isinstance(value, bytes):
        return octets(value)
    if isinstance(value, list):
        return [shown(element, octets) for element in value]
    if isinstance(value, dict):
        return {name: shown(element, octets) for name, element in value.items()}
    return value


def exact(ty, octets):
    value, rest = decode(ty, octets)
    same("octets after the value", rest, b"")
    return value


# --- datagrams ------------------------------------------------------------------------------------------------------

KINDS = {int(row["kind"]): ticked(row["name"])[0] for row in TABLES["3. Datagrams"]}
HEX = {"boot", "addr", "nonce", "server", "cookie", "client_id", "destination", "id", "token", "mac"}


def checked(datagram):
    """What stands before a right CRC-32."""
    same("the CRC-32", zlib.crc32(datagram[:-4]).to_bytes(4, "little"), datagram[-4:])
    return datagram[:-4]


def parts(kind, datagram):
    """The named fields whose place is constant."""
    found = {}
    for row in TABLES[kind]:
        if row["field"] and row["offset"].isdigit() and row["length"].isdigit():
            name, at, length = ticked(row["field"])[0], int(row["offset"]), int(row["length"])
            value = datagram[at:at + length]
            if name == "join_key_needed":
                found[name] = exact("bool", value)
            else:
                found[name] = value.hex() if name in HEX else int.from_bytes(value, "little")
    return found


def check_datagram(datagram, fields):
    same("the version", datagram[0] >> 4, constant("VERSION"))
    kind = KINDS[datagram[0] & 0x0F]
    if kind != "Sealed":
        checked(datagram)
    found = {"kind": kind, **parts(kind, datagram)}
    if kind == "Hello":
        same("the length", len(datagram), constant("HELLO_LEN"))
        same("the zeros", set(datagram[23:-4]), {0})
    elif kind == "Cookie":
        same("the length", len(datagram), 84)
        found["fingerprint"] = fingerprint(bytes.fromhex(found["server"]))
    elif kind == "Init":
        same("the length", len(datagram), constant("INIT_LEN"))
        n = int.from_bytes(datagram[50:52], "little")
        found["noise"] = datagram[52:52 + n].hex()
        found["prologue"] = datagram[:50].hex()
        same("the zeros", datagram[52 + n:300], bytes(248 - n))
    elif kind == "Accept":
        found["noise"] = datagram[9:-4].hex()
    elif kind == "Sealed":
        assert constant("SEALED_MIN_LEN") <= len(datagram) <= constant("DATAGRAM_MAX_LEN")
    elif kind == "Reset":
        same("the length", len(datagram), constant("RESET_LEN"))
    elif kind == "Query":
        same("the length", len(datagram), constant("QUERY_LEN"))
        same("the zeros", set(datagram[53:-4]), {0})
    elif kind == "Beacon":
        assert len(datagram) <= constant("BEACON_MAX_LEN")
        found["name"], rest = decode("string", datagram[90:-4])
        found["listed"] = []
        while rest:
            name, rest = decode("string", rest)
            topic, rest = decode("string", rest)
            online, rest = decode("u32", rest)
            assert len(topic.encode()) <= constant("BEACON_TOPIC_MAX_LEN")
            found["listed"].append({"name": name, "topic": topic, "online": online})
    same("the fields", found, fields)


def fingerprint(key):
    bits = int.from_bytes(hashlib.blake2s(key).digest(), "big") >> 156
    text = "".join("0123456789abcdefghjkmnpqrstvwxyz"[bits >> 5 * i & 31] for i in range(19, -1, -1))
    return "-".join(text[i:i + 5] for i in range(0, 20, 5))


# --- frames ---------------------------------------------------------------------------------------------------------

FRAMES = {int(row["kind"]): (ticked(row["frame"])[0], row["body"]) for row in TABLES["7. Frames"]}
REST = {"Message": "body", "Fragment": "bytes", "Close": "reason"}


def decode_frames(octets):
    found = []
    while octets:
        kind, octets = decode("u8", octets)
        length, octets = decode("u16", octets)
        body, octets = take(octets, length)
        found.append(decode_frame(kind, body))
    assert len(found) <= constant("FRAMES_PER_DATAGRAM_MAX")
    return found


def decode_frame(kind, body):
    name, cell = FRAMES[kind]
    found = {"kind": name}
    if name == "Padding":
        same("the zeros", body, bytes(len(body)))
        return {**found, "len": len(body)}
    if name == "Ack":
        return {**found, **decode_ack(body)}
    fields, rest = decode_all(fields_of(cell), body) if "`: `" in cell else ({}, body)
    found.update(shown(fields, bytes.hex))
    if name == "Fragment":
        check_cut(found, len(rest))
    if name in REST:
        found[REST[name]] = rest.decode("utf-8") if name == "Close" else rest.hex()
    else:
        same("octets after the frame's fields", rest, b"")
    return found


def check_cut(fragment, length):
    each, index, last = (fragment[name] for name in ("each", "index", "last"))
    assert constant("FRAGMENT_MIN_LEN") <= each <= constant("FRAGMENT_MAX_LEN")
    assert index <= last and 1 <= last < constant("FRAGMENTS_MAX")
    assert 1 <= length <= each if index == last else length == each
    assert last * each + (length if index == last else 1) <= constant("MESSAGE_MAX_LEN")


def decode_ack(body):
    (largest, delay, length), ranges = [None] * 3, []
    largest, body = decode("u64", body)
    delay, body = decode("u64", body)
    length, body = decode("u64", body)
    ranges.append([largest - length, largest])
    while body:
        gap, body = decode("u64", body)
        length, body = decode("u64", body)
        largest = ranges[-1][0] - gap - 2
        ranges.append([largest - length, largest])
    assert all(first >= 0 for first, _ in ranges) and len(ranges) <= constant("ACK_RANGES_MAX")
    return {"delay_us": delay, "ranges": ranges}


def encode_frame(frame):
    kind, cell = next((kind, cell) for kind, (name, cell) in FRAMES.items() if name == frame["kind"])
    name = frame["kind"]
    if name == "Padding":
        body = bytes(frame["len"])
    elif name == "Ack":
        (first, largest), *older = frame["ranges"]
        body = varint(largest) + varint(frame["delay_us"]) + varint(largest - first)
        for low, high in older:
            body, first = body + varint(first - high - 2) + varint(high - low), low
    else:
        body = b"".join(encode(ty, frame[field]) for field, ty in fields_of(cell)) if "`: `" in cell else b""
        if name in REST:
            rest = frame[REST[name]]
            body += rest.encode() if name == "Close" else bytes.fromhex(rest)
    return bytes([kind]) + varint(len(body)) + body


# --- handshake ------------------------------------------------------------------------------------------------------

class Noise:
    """Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s; the Noise Protocol Framework, revision 34, section 5."""

    def __init__(self, prologue):
        self.h = self.ck = hashlib.blake2s(b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s").digest()
        self.k, self.n = None, 0
        self.mix_hash(prologue)

    def mix_hash(self, octets):
        self.h = hashlib.blake2s(self.h + octets).digest()

    def hkdf(self, material, count):
        mac = lambda key, octets: hmac.new(key, octets, hashlib.blake2s).digest()
        temp, out, last = mac(self.ck, material), [], b""
        for i in range(1, count + 1):
            last = mac(temp, last + bytes([i]))
            out.append(last)
        return out

    def mix_key(self, material):
        self.ck, self.k = self.hkdf(material, 2)
        self.n = 0

    def mix_public(self, key):
        """The token e, in a handshake with a psk: hashed, and mixed into the key."""
        self.mix_hash(key)
        self.mix_key(key)
        return key

    def mix_psk(self, psk):
        self.ck, temp, self.k = self.hkdf(psk, 3)
        self.mix_hash(temp)
        self.n = 0

    def seal(self, plain):
        sealed = ChaCha20Poly1305(self.k).encrypt(nonce(self.n), plain, self.h)
        self.n += 1
        self.mix_hash(sealed)
        return sealed


def nonce(number):
    return bytes(4) + number.to_bytes(8, "little")


def public(secret):
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def dh(secret, key):
    return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(key))


def keyed(key, octets):
    return hashlib.blake2s(octets, key=key, digest_size=16).digest()


def check_handshake(v):
    octets = lambda key: bytes.fromhex(v[key])
    device, server = octets("device_secret"), octets("server_secret")
    client_e, server_e = octets("client_ephemeral_secret"), octets("server_ephemeral_secret")
    same("the device's key", public(device), octets("device_public"))
    same("the server's key", public(server), octets("server_public"))
    same("the fingerprint", fingerprint(public(server)), v["server_fingerprint"])

    init, accept = checked(octets("init")), checked(octets("accept"))
    same("the prologue", init[:50], octets("prologue"))
    mac_key = hashlib.blake2s(b"chinwag init mac" + public(server)).digest()
    same("the MAC", keyed(mac_key, init[:300]), init[300:])
    first = init[52:52 + int.from_bytes(init[50:52], "little")]

    noise = Noise(init[:50])
    noise.mix_hash(public(server))
    message = noise.mix_public(public(client_e))
    noise.mix_key(dh(client_e, public(server)))
    message += noise.seal(public(device))
    noise.mix_key(dh(device, public(server)))
    message += noise.seal(octets("init_payload"))
    same("the first message", message, first)

    message = noise.mix_public(public(server_e))
    noise.mix_key(dh(server_e, public(client_e)))
    noise.mix_key(dh(server_e, public(device)))
    noise.mix_psk(octets("psk"))
    message += noise.seal(octets("accept_payload"))
    same("the second message", message, accept[9:])
    same("the client's connection id", accept[1:9], init[2:10])

    keys = dict(zip(("up", "down"), noise.hkdf(b"", 2)))
    same("the key up", keys["up"], octets("key_up"))
    same("the key down", keys["down"], octets("key_down"))

    for which, ty in (("init_payload", "InitPayload"), ("accept_payload", "AcceptPayload")):
        fields = shown(exact(ty, octets(which)), bytes.hex)
        same(which, fields, v[which + "_fields"])
        same(which, encode(ty, fields), octets(which))
    server_id = bytes.fromhex(fields["server_id"])
    reset_key = hashlib.blake2s(b"chinwag reset key" + server).digest()
    same("the reset token", keyed(reset_key, server_id).hex(), fields["reset_token"])
    check_datagram(octets("reset"), {"kind": "Reset", "id": server_id.hex(), "token": fields["reset_token"]})

    for sealed in v["sealed"]:
        datagram, contents = bytes.fromhex(sealed["datagram"]), bytes.fromhex(sealed["contents"])
        same("the connection id", datagram[2:10], server_id if sealed["way"] == "up" else init[2:10])
        same("the packet number", int.from_bytes(datagram[10:14], "little"), sealed["number"] & 0xFFFFFFFF)
        cipher = ChaCha20Poly1305(keys[sealed["way"]])
        same("the contents", cipher.decrypt(nonce(sealed["number"]), datagram[14:], datagram[:14]), contents)
        same("the frames", decode_frames(contents), sealed["frames"])
    return 1 + len(v["sealed"])


# --- names ----------------------------------------------------------------------------------------------------------

IGNORABLE = [0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010),
             *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0,
             *range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000)]
# Symbols, letters and a mark that are drawn as an empty place.
EMPTY_GLYPHS = [0x2800, 0x13441, 0x13442, 0x16FE4, 0x1D159]
# Of what is Alphabetic and no letter (Other_Alphabetic), the circled and squared letters; the rest are marks.
CIRCLED = [*range(0x24B6, 0x24EA), *range(0x1F130, 0x1F14A), *range(0x1F150, 0x1F16A), *range(0x1F170, 0x1F18A)]
JOINERS = "\u200c\u200d"


def nfc(text):
    return unicodedata.normalize("NFC", text)


def part(c):
    """What a character is in a name: a letter, a mark, a joiner, or one of the three others; None: it is none of these."""
    category = unicodedata.category(c)
    if c in "-_." or c in JOINERS:
        return c
    if ord(c) in IGNORABLE or ord(c) in EMPTY_GLYPHS:
        return None
    if category in ("Mn", "Mc"):
        return "mark"
    return "letter" if category[0] in "LN" or ord(c) in CIRCLED else None


def joins(text, types):
    """The joining type of the first character that is not transparent: marks and formats are (ArabicShaping.txt)."""
    for c in text:
        ty = types.get(c, "T" if unicodedata.category(c) in ("Mn", "Me", "Cf") and c not in JOINERS else "U")
        if ty != "T":
            return ty
    return "U"


def joiner_is_needed(name, at, types):
    """RFC 5892, appendices A.1 and A.2."""
    if unicodedata.combining(name[at - 1]) == 9:
        return True
    around = joins(reversed(name[:at]), types), joins(name[at + 1:], types)
    return name[at] == "\u200c" and around[0] in "LD" and around[1] in "RD"


def composed(given, types):
    name = nfc(given)
    if not 1 <= len(name.encode()) <= constant("NAME_MAX_LEN") or part(name[0]) != "letter":
        return None
    marks = 0
    for at, c in enumerate(name):
        kind = part(c)
        if kind == "mark":
            marks += 1
            if part(name[at - 1]) in ("-", "_", ".") or marks > constant("NAME_MARKS_MAX"):
                return None
        elif kind is not None and kind in JOINERS:
            if not joiner_is_needed(name, at, types):
                return None
        elif kind is None:
            return None
        else:
            marks = 0
    return name


def folded(name):
    return nfc("".join(c.lower() for c in nfc(name)).replace("ς", "σ"))


def caseless(name):
    return folded("".join(c.upper() for c in folded(name)))


def skeleton(name, prototypes):
    """Unicode Technical Standard 39, section 4, with the prototypes of these characters."""
    seen = (c for c in unicodedata.normalize("NFD", name) if ord(c) not in IGNORABLE)
    return unicodedata.normalize("NFD", "".join(prototypes.get(c, c) for c in seen))


def check_name(v):
    if "skeleton" in v:
        once = caseless(skeleton(v["given"], v["prototypes"]))
        same("the skeleton", caseless(skeleton(once, v["prototypes"])).replace("i", "l"), v["skeleton"])
        return 1
    name = composed(v["given"], v.get("joining", {}))
    same("the name", name, v["composed"])
    same("the name, in lower case", name and folded(name), v["folded"])
    return 1


# --- all of them ----------------------------------------------------------------------------------------------------

def same(what, found, expected):
    if found != expected:
        raise AssertionError(f"{what}:\n  found    {found}\n  expected {expected}")


def check(file, v):
    if file == "handshake":
        return check_handshake(v)
    if file == "names":
        return check_name(v)
    octets = bytes.fromhex(v["hex"])
    if file == "datagrams":
        check_datagram(octets, v["fields"])
    elif file == "frames":
        (frame,) = decode_frames(octets)
        same("the frame", frame, v["fields"])
        same("the frame, encoded", encode_frame(frame), octets)
    else:
        value = exact(v["type"], octets)
        same("the value", shown(value, list), v["value"])
        same("the value, encoded", encode(v["type"], value), octets)
    return 1


def main():
    total = 0
    for file in ("datagrams", "frames", "messages", "handshake", "names"):
        count = 0
        for vector in json.loads((HERE / f"{file}.json").read_text(encoding="utf-8"))["vectors"]:
            try:
                count += check(file, vector)
            except Exception as error:
                print(f"{file}.json, {vector['name']!r}: {type(error).__name__}: {error}", file=sys.stderr)
                return 1
        print(f"{file}.json: {count} checked")
        total += count
    print(f"{total} vectors checked against PROTOCOL.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
