import { ed, es, esInDer, hs, ps, rs, type Sign, type TokenKeys } from "./token-keys.ts";

/** A token that must be refused, wherever it is presented. */
export interface HostileToken {
  readonly name: string;
  readonly token: string;
  /** Its form, header, key or claims condemn it already: no signature may be computed for it. */
  readonly formOnly: boolean;
}

/** A valid token for each algorithm: what shows that the hostile ones fail for what they are. */
export function validTokens(keys: TokenKeys): readonly { alg: string; token: string }[] {
  return ALGORITHMS.map((alg) => ({ alg, token: ownToken(keys, alg) }));
}

/** More than 200 tokens, each of which breaks one thing. */
export function hostileTokens(keys: TokenKeys): readonly HostileToken[] {
  const parts = [none, confused, headers, keyIds, signatures, claims, times, encodings, shapes];
  return parts.flatMap((part) => part(keys));
}

const ALGORITHMS = ["ES256", "EdDSA", "RS256", "HS256"] as const;
type Algorithm = (typeof ALGORITHMS)[number];

const encode = (text: string | Uint8Array) => Buffer.from(text).toString("base64url");

function signed(header: string | Uint8Array, payload: string | Uint8Array, sign: Sign): string {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${encode(sign(text))}`;
}

function headerOf(keys: TokenKeys, alg: Algorithm): Record<string, unknown> {
  return alg === "HS256" ? { alg, typ: "JWT" } : { alg, typ: "JWT", kid: keys.known[alg].kid };
}

function claimsOf({ now, issuer, claims }: TokenKeys): Record<string, unknown> {
  return { sub: "user_000000000001", iss: issuer, iat: now, exp: now + 600, ...claims };
}

function signerOf({ known, secret }: TokenKeys, alg: Algorithm): Sign {
  switch (alg) {
    case "ES256":
      return es(known.ES256.privateKey);
    case "EdDSA":
      return ed(known.EdDSA.privateKey);
    case "RS256":
      return rs(known.RS256.privateKey);
    case "HS256":
      return hs(secret);
  }
}

function ownToken(keys: TokenKeys, alg: Algorithm): string {
  return signed(
    JSON.stringify(headerOf(keys, alg)),
    JSON.stringify(claimsOf(keys)),
    signerOf(keys, alg),
  );
}

function condemned(name: string, token: string): HostileToken {
  return { name, token, formOnly: true };
}

/** RFC 7518 §3.6: `none` in every spelling, with and without a signature. */
function none(keys: TokenKeys): HostileToken[] {
  const spellings = ["none", "None", "NONE", "nOnE", "none ", " none", "none\0", "n\u043ene", ""];
  return spellings.flatMap((alg) =>
    (["ES256", "HS256"] as const).flatMap((own) => {
      const header = JSON.stringify({ ...headerOf(keys, own), alg });
      const payload = JSON.stringify(claimsOf(keys));
      return [
        condemned(
          `alg ${JSON.stringify(alg)} without signature, key of ${own}`,
          signed(header, payload, () => Buffer.alloc(0)),
        ),
        condemned(
          `alg ${JSON.stringify(alg)} with the signature of ${own}`,
          signed(header, payload, signerOf(keys, own)),
        ),
      ];
    }),
  );
}

/** RFC 8725 §2.1: every algorithm named for the key of every other. */
function confused(keys: TokenKeys): HostileToken[] {
  const payload = JSON.stringify(claimsOf(keys));
  const names = [...Object.keys(keys.stranger), "RS384", "RS512", "HS384", "ES512", "Ed448"];
  const lies = ALGORITHMS.flatMap((own) =>
    names
      .filter((alg) => alg !== own)
      .flatMap((alg) => {
        const header = JSON.stringify({ ...headerOf(keys, own), alg });
        const byStranger = keys.stranger[alg];
        return [
          condemned(
            `${alg} for a signature of ${own}`,
            signed(header, payload, signerOf(keys, own)),
          ),
          ...(byStranger
            ? [condemned(`${alg} by a stranger for ${own}`, signed(header, payload, byStranger))]
            : []),
        ];
      }),
  );
  const withPublicKey = Object.values(keys.known).flatMap(({ kid, publicKey }) => {
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const jwk = publicKey.export({ format: "jwk" });
    const spellings = {
      PEM: pem,
      "PEM without its last line end": pem.trim(),
      DER: publicKey.export({ type: "spki", format: "der" }),
      JWK: JSON.stringify(jwk),
      "x or n": Buffer.from(jwk.x ?? jwk.n ?? "", "base64url"),
    };
    return Object.entries(spellings).flatMap(([spelling, secret]) => [
      condemned(
        `HS256 with the public key of ${kid} as ${spelling}`,
        signed(JSON.stringify({ alg: "HS256", kid }), payload, hs(secret)),
      ),
      {
        name: `HS256 without kid, with the public key of ${kid} as ${spelling}`,
        token: signed(JSON.stringify({ alg: "HS256" }), payload, hs(secret)),
        formOnly: false,
      },
    ]);
  });
  return [...lies, ...withPublicKey];
}

/** Headers that would move the check elsewhere, each with a signature that is right. */
function headers(keys: TokenKeys): HostileToken[] {
  const own = headerOf(keys, "ES256");
  const jwk = keys.known.ES256.publicKey.export({ format: "jwk" });
  const members: Record<string, unknown>[] = [
    { jwk },
    { jwk: null },
    { jku: "https://keys.example.net/jwks" },
    { jku: "http://127.0.0.1/" },
    { x5u: "https://keys.example.net/cert" },
    { x5u: "file:///etc/passwd" },
    { x5c: ["MIIB"] },
    { x5c: [] },
    { x5t: "AAAA" },
    { "x5t#S256": "AAAA" },
    { crit: ["exp"] },
    { crit: [] },
    { crit: null },
    { crit: ["b64"], b64: false },
    { b64: false },
    { b64: true },
    { zip: "DEF" },
    { enc: "A256GCM" },
    { typ: "at+jwt" },
    { typ: "application/at+jwt" },
    { typ: "dpop+jwt" },
    { typ: "logout+jwt" },
    { typ: "JWE" },
    { typ: "JWT\0" },
    { typ: "" },
    { typ: null },
    { typ: 1 },
    { typ: ["JWT"] },
    { alg: null },
    { alg: 256 },
    { alg: ["ES256"] },
    { alg: { name: "ES256" } },
    { alg: "es256" },
    { alg: "ES256 " },
    { alg: undefined },
  ];
  const texts = [
    `{"alg":"none","alg":"ES256","kid":"${own.kid}"}`,
    `{"alg":"ES256","kid":"other","kid":"${own.kid}"}`,
    `{"alg":"none","\\u0061lg":"ES256","kid":"${own.kid}"}`,
    `{"alg":"ES256","kid":"${own.kid}","__proto__":{"typ":"JWT"}}`,
    `{"__proto__":${JSON.stringify(own)}}`,
    `{"constructor":{"prototype":${JSON.stringify(own)}}}`,
    ...["null", "[]", `[${JSON.stringify(own)}]`, '"ES256"', "1", "", "{}", "{", "{]"],
    `\ufeff${JSON.stringify(own)}`,
    `${JSON.stringify(own)}\0`,
    JSON.stringify(own).replaceAll('"', "'"),
  ];
  return [...members.map((member) => JSON.stringify({ ...own, ...member })), ...texts].map(
    (header) =>
      condemned(
        `header ${header.slice(0, 90)}`,
        signed(header, JSON.stringify(claimsOf(keys)), signerOf(keys, "ES256")),
      ),
  );
}

/** Names of keys that are paths, queries and other traps, and names of the wrong key. */
function keyIds(keys: TokenKeys): HostileToken[] {
  const { ES256, EdDSA } = keys.known;
  const payload = JSON.stringify(claimsOf(keys));
  const kids: unknown[] = [
    ...["../../../../dev/null", "/dev/null", "file:///dev/null", "C:\\Windows\\win.ini"],
    ...["x' UNION SELECT 'secret' --", "' OR '1'='1", "1;DROP TABLE credential", "$(id)"],
    ...[`${ES256.kid}\0`, `\0${ES256.kid}`, `${ES256.kid} `, `${ES256.kid}\n`, `${ES256.kid}.pem`],
    ...[
      ES256.kid.toUpperCase(),
      ES256.kid.slice(0, -1),
      `${ES256.kid}0`,
      "",
      "*",
      "%",
      "__proto__",
    ],
    ...["constructor", "|id", "kid_\u0435", "k".repeat(256), "k".repeat(257), "k".repeat(4000)],
    ...[null, 0, true, [ES256.kid], { kid: ES256.kid }],
  ];
  return [
    ...kids.flatMap((kid) => [
      condemned(
        `kid ${named(kid)}`,
        signed(JSON.stringify({ alg: "ES256", kid }), payload, signerOf(keys, "ES256")),
      ),
      condemned(
        `HS256 with an empty secret, kid ${named(kid)}`,
        signed(JSON.stringify({ alg: "HS256", kid }), payload, hs("")),
      ),
    ]),
    condemned(
      "no kid for ES256",
      signed('{"alg":"ES256","typ":"JWT"}', payload, signerOf(keys, "ES256")),
    ),
    condemned(
      "the kid of another known key",
      signed(JSON.stringify({ alg: "ES256", kid: EdDSA.kid }), payload, signerOf(keys, "ES256")),
    ),
  ];
}

function named(kid: unknown): string {
  const text = JSON.stringify(kid);
  return text.length < 100 ? text : `of ${text.length - 2} characters`;
}

const ORDER = Buffer.from(
  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
  "hex",
);
/** The order of the base point of Ed25519 (RFC 8032 §5.1): s and s + L are equal modulo it. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Signatures that are wrong by a little. */
function signatures(keys: TokenKeys): HostileToken[] {
  const { known, secret, stranger } = keys;
  const zero = Buffer.alloc(32);
  const halves = (make: (r: Buffer, s: Buffer) => Buffer[]): Sign => {
    return (text) => {
      const signature = es(known.ES256.privateKey)(text);
      return Buffer.concat(make(signature.subarray(0, 32), signature.subarray(32)));
    };
  };
  const table: Record<Algorithm, Record<string, Sign>> = {
    ES256: {
      "r = s = 0": halves(() => [zero, zero]),
      "r = 0": halves((_, s) => [zero, s]),
      "s = 0": halves((r) => [r, zero]),
      "r = s = n": halves(() => [ORDER, ORDER]),
      "s = n": halves((r) => [r, ORDER]),
      "r = n, s = 1": halves(() => [ORDER, zero.subarray(1), Buffer.of(1)]),
      "all ones": () => Buffer.alloc(64, 0xff),
      "r and s swapped": halves((r, s) => [s, r]),
      DER: esInDer(known.ES256.privateKey),
      "DER cut to 64 bytes": (text) => esInDer(known.ES256.privateKey)(text).subarray(0, 64),
      "r and s of 33 bytes": halves((r, s) => [Buffer.of(0), r, Buffer.of(0), s]),
      "of 66 bytes as P-521 pads": halves((r, s) => [r, s, Buffer.alloc(2)]),
      "over SHA-384": es(known.ES256.privateKey, "sha384"),
      "over SHA-1": es(known.ES256.privateKey, "sha1"),
    },
    EdDSA: {
      "all zeros": () => Buffer.alloc(64),
      "the neutral point and s = 0": () => Buffer.concat([Buffer.of(1), Buffer.alloc(63)]),
      "s + L": (text) => {
        const signature = ed(known.EdDSA.privateKey)(text);
        const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`) + L;
        return Buffer.concat([
          signature.subarray(0, 32),
          Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse(),
        ]);
      },
    },
    RS256: {
      "all zeros": () => Buffer.alloc(256),
      "the number 1": () => Buffer.concat([Buffer.alloc(255), Buffer.of(1)]),
      "all ones": () => Buffer.alloc(256, 0xff),
      "RSA-PSS": ps(known.RS256.privateKey),
      "over SHA-1": rs(known.RS256.privateKey, "sha1"),
      "over SHA-512": rs(known.RS256.privateKey, "sha512"),
      "a zero before": (text) => Buffer.concat([Buffer.of(0), rs(known.RS256.privateKey)(text)]),
    },
    HS256: {
      "all zeros": () => zero,
      "half of it": (text) => hs(secret)(text).subarray(0, 16),
      "HS512 cut to 32 bytes": (text) => hs(secret, "sha512")(text).subarray(0, 32),
      HS512: hs(secret, "sha512"),
      "an empty secret": hs(""),
      "the secret's hex": hs(secret.toString("hex")),
      "as hex": (text) => Buffer.from(hs(secret)(text).toString("hex")),
    },
  };
  return ALGORITHMS.flatMap((alg) => {
    const own = signerOf(keys, alg);
    const common: Record<string, Sign> = {
      "a stranger's": stranger[alg] ?? own,
      "of another text": () => own("a.b"),
      "with a bit changed": (text) => {
        const signature = own(text);
        signature[20] = (signature[20] ?? 0) ^ 4;
        return signature;
      },
      "without its last byte": (text) => own(text).subarray(0, -1),
      "with a byte behind": (text) => Buffer.concat([own(text), Buffer.of(0)]),
      "twice in a row": (text) => Buffer.concat([own(text), own(text)]),
      "of one byte": () => Buffer.of(0),
      "of 4,000 bytes": () => Buffer.alloc(4000, 1),
    };
    return Object.entries({ ...common, ...table[alg] }).map(([name, sign]) => ({
      name: `${alg}: signature ${name}`,
      token: signed(JSON.stringify(headerOf(keys, alg)), JSON.stringify(claimsOf(keys)), sign),
      formOnly: false,
    }));
  });
}

/** Claims that two readers would read differently or that are no claims, signed rightly. */
function claims(keys: TokenKeys): HostileToken[] {
  const own = JSON.stringify(claimsOf(keys));
  const and = (more: string) => own.replace(/}$/, `,${more}}`);
  const later = keys.now + 900;
  const subject = (sub: unknown) => JSON.stringify({ ...claimsOf(keys), sub });
  const texts: readonly (readonly [string, string | Uint8Array])[] = [
    ["sub twice", and('"sub":"user_000000000002"')],
    ["sub twice alike", and('"sub":"user_000000000001"')],
    ["sub again, escaped", and('"\\u0073ub":"user_000000000002"')],
    ["exp twice", and(`"exp":${later}`)],
    ["iss twice", and('"iss":"other"')],
    ["a member twice in a claim", and('"a":{"b":[{"c":1,"c":1}]}')],
    ["an array of claims", `[${own}]`],
    ["an empty array", "[]"],
    ["a string", '"user_000000000001"'],
    ["a string of JSON", JSON.stringify(own)],
    ["a number", "1"],
    ["null", "null"],
    ["true", "true"],
    ["a NUL behind", `${own}\0`],
    ["two objects", own + own],
    ["a comma too many", own.replace(/}$/, ",}")],
    ["a comment", and('"a":1/**/')],
    ["single quotes", own.replaceAll('"', "'")],
    ["an object cut off", own.slice(0, -1)],
    ["a BOM", `\ufeff${own}`],
    ["UTF-16", Buffer.from(own, "utf16le")],
    ["a byte that is not UTF-8", Buffer.concat([Buffer.from(and('"a":"')), Buffer.from([0xff])])],
    ["Latin-1", Buffer.from(and('"name":"Zo\u00eb"'), "latin1")],
    ["an overlong slash", Buffer.from(and('"a":"\u00c0\u00af"'), "latin1")],
    ["a surrogate in UTF-8", Buffer.from(and('"a":"\u00ed\u00a0\u0080"'), "latin1")],
    ["half a surrogate pair, escaped", subject("user_\ud800")],
    ["__proto__", and('"__proto__":{"admin":true}')],
    ["__proto__, escaped", and('"__pr\\u006fto__":{"admin":true}')],
    ["__proto__ in a claim", and('"a":{"__proto__":{"admin":true}}')],
    ["everything in __proto__", `{"__proto__":${own}}`],
    ["everything in constructor.prototype", `{"constructor":{"prototype":${own}}}`],
    ["33 objects within each other", and(`"a":${'{"a":'.repeat(32)}1${"}".repeat(32)}`)],
    ["2,000 arrays within each other", and(`"a":${"[".repeat(2000)}${"]".repeat(2000)}`)],
    ["3,000 arrays that do not end", and(`"a":${"[".repeat(3000)}`)],
    ["sub as a number", subject(1)],
    ["sub as an array", subject(["user_000000000001"])],
    ["sub as an object", subject({ id: "user_000000000001" })],
    ["sub as null", subject(null)],
    ["sub as true", subject(true)],
    ["sub empty", subject("")],
    ["no sub", subject(undefined)],
    ["sub of 256 characters", subject("u".repeat(256))],
  ];
  return texts.flatMap(([name, text]) =>
    (["ES256", "HS256"] as const).map((alg) =>
      condemned(
        `${alg}: claims: ${name}`,
        signed(JSON.stringify(headerOf(keys, alg)), text, signerOf(keys, alg)),
      ),
    ),
  );
}

/** Instants that are missing, of another form or too far, signed rightly. */
function times(keys: TokenKeys): HostileToken[] {
  const { now } = keys;
  const rest = JSON.stringify({ ...claimsOf(keys), exp: undefined, iat: undefined }).slice(1, -1);
  const wrong = [
    ...["9007199254740992", "9223372036854775808", "18446744073709551616", "1e999", "-1e999"],
    ...[`"${now + 600}"`, `${now + 600}.5`, "-1", "null", "true", "[]", "{}", '""', '"never"'],
    ...[`[${now + 600}]`, `{"value":${now + 600}}`, '"2099-12-31T23:59:59Z"'],
  ];
  const texts = [
    ...["", `"Exp":${now + 600}`, `"exp ":${now + 600}`, `"nbf":${now}`],
    ...["exp", "nbf", "iat"].flatMap((name) =>
      wrong.map((value) => {
        return name === "exp" ? `"exp":${value}` : `"exp":${now + 600},"${name}":${value}`;
      }),
    ),
    ...[0, 1, now - 86_400, now - 3600].map((exp) => `"exp":${exp}`),
    ...[now + 10 * 365 * 86_400, (now + 600) * 1000, 4_102_444_800_000].map(
      (exp) => `"exp":${exp}`,
    ),
    ...[now + 3600, now * 1000].map((nbf) => `"exp":${now + 600},"nbf":${nbf}`),
  ];
  return texts.map((text) =>
    condemned(
      `instants ${text}`,
      signed(
        JSON.stringify(headerOf(keys, "ES256")),
        `{${rest}${text === "" ? "" : ","}${text}}`,
        signerOf(keys, "ES256"),
      ),
    ),
  );
}

/** Base64url that only a lenient decoder reads; header and claims are signed as they stand. */
function encodings(keys: TokenKeys): HostileToken[] {
  const sign = signerOf(keys, "ES256");
  // Of so many bytes that the last digit has unused bits.
  const text = (object: object) => {
    const json = JSON.stringify(object);
    return json.length % 3 === 0 ? `${json} ` : json;
  };
  const whole = [encode(text(headerOf(keys, "ES256"))), encode(text(claimsOf(keys)))];
  const spoil: readonly (readonly [string, (segment: string) => string])[] = [
    ["=", (segment) => `${segment}=`],
    ["==", (segment) => `${segment}==`],
    ["all its padding", (segment) => segment.padEnd(Math.ceil(segment.length / 4) * 4, "=")],
    ["unused bits", (segment) => segment.slice(0, -1) + after(segment.at(-1) ?? "")],
    ["a digit more", (segment) => segment.padEnd(Math.ceil(segment.length / 4) * 4 + 1, "A")],
    ["a space", (segment) => `${segment} `],
    ["a space before", (segment) => ` ${segment}`],
    ["a space within", (segment) => `${segment.slice(0, 8)} ${segment.slice(8)}`],
    ["a line end", (segment) => `${segment}\n`],
    ["CR LF within", (segment) => `${segment.slice(0, 8)}\r\n${segment.slice(8)}`],
    ["a tab", (segment) => `${segment}\t`],
    ["a NUL", (segment) => `${segment}\0`],
    ["a plus", (segment) => `${segment.slice(0, 8)}+${segment.slice(9)}`],
    ["a slash", (segment) => `${segment.slice(0, 8)}/${segment.slice(9)}`],
    ["a percent escape", (segment) => `${segment.slice(0, 8)}%2D${segment.slice(9)}`],
    ["a letter that is not ASCII", (segment) => `${segment.slice(0, 8)}\u0430${segment.slice(9)}`],
    ["a zero-width space", (segment) => `${segment}\u200b`],
    ["nothing", () => ""],
  ];
  return spoil.flatMap(([name, change]) =>
    ["header", "claims", "signature"].map((part, at) => {
      const [header = "", payload = ""] = whole.map((s, i) => (i === at ? change(s) : s));
      const input = `${header}.${payload}`;
      const signature = encode(sign(input));
      return condemned(
        `${part} with ${name}`,
        `${input}.${at === 2 ? change(signature) : signature}`,
      );
    }),
  );
}

/** The digit behind, which differs in the last bit alone: of the last digit an unused one. */
function after(digit: string): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return digits.charAt(digits.indexOf(digit) + 1);
}

/** What is not three parts, is too long, or is another serialization. */
function shapes(keys: TokenKeys): HostileToken[] {
  const token = ownToken(keys, "ES256");
  const [header = "", payload = "", signature = ""] = token.split(".");
  const sign = signerOf(keys, "ES256");
  const million = "A".repeat(1_000_000);
  const big = { ...claimsOf(keys), a: "a".repeat(750_000) };
  const long = JSON.stringify({ ...headerOf(keys, "ES256"), a: "a".repeat(750_000) });
  const many = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`a${i}`, i]));
  const flattened = { payload, protected: header, signature };
  return (
    [
      ["nothing", ""],
      ["one part", header],
      ["two parts", `${header}.${payload}`],
      ["only dots", ".."],
      ["a million dots", ".".repeat(1_000_000)],
      ["a fourth part", `${token}.${signature}`],
      ["a dot behind", `${token}.`],
      ["a dot before", `.${token}`],
      ["five parts", `${header}.${payload}.${signature}.${payload}.${signature}`],
      ["a token twice", `${token}.${token}`],
      ["two tokens with a comma", `${token},${token}`],
      ["a scheme before", `Bearer ${token}`],
      ["quotes around", `"${token}"`],
      ["detached claims", `${header}..${signature}`],
      ["wide dots", token.replaceAll(".", "\uff0e")],
      ["escaped dots", token.replaceAll(".", "%2e")],
      ["the JSON serialization", JSON.stringify(flattened)],
      ["the general JSON serialization", JSON.stringify({ payload, signatures: [flattened] })],
      ["itself encoded", encode(token)],
      ["claims that are a token", signed(JSON.stringify(headerOf(keys, "ES256")), token, sign)],
      ["1 MB", million],
      ["1 MB behind", token + million],
      ["a header of 1 MB", signed(long, JSON.stringify(claimsOf(keys)), sign)],
      [
        "claims of 1 MB",
        signed(JSON.stringify(headerOf(keys, "ES256")), JSON.stringify(big), sign),
      ],
      [
        "60,000 claims",
        signed(JSON.stringify(headerOf(keys, "ES256")), JSON.stringify(many), sign),
      ],
    ] as const
  ).map(([name, text]) => condemned(`shape: ${name}`, text));
}
