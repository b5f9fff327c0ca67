import { expect, test } from "vitest";
import { PresentedSecret } from "../domain/presented-secret.ts";
import { type JwtHeader, jwtHeader, looksLikeJwt, readJwt } from "./jwt.ts";
import { parseJwtHeader, rememberHeaders } from "./jwt-header.ts";

const encode = (text: string) => Buffer.from(text).toString("base64url");
const HEADER = '{"typ":"JWT","alg":"ES256","kid":"kid_0123456789ab"}';
const tokenOf = (header: string, claims = '{"sub":"user_1"}', signature = "AAEC") =>
  `${encode(header)}.${encode(claims)}.${signature}`;

test("reads the example of RFC 7515 appendix A.3 to the byte", () => {
  const signingInput =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt" +
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  const signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  const jwt = readJwt(`${signingInput}.${signature}`);
  expect(jwt).toMatchObject({
    header: { alg: "ES256", kid: undefined, typ: undefined },
    claims: { iss: "joe", exp: 1300819380, "http://example.com/is_root": true },
    signingInput,
  });
  expect(typeof jwt === "object" && Buffer.from(jwt.signature).toString("base64url")).toBe(
    signature,
  );
});

const KID = "kid_1";
const headers: readonly [string, JwtHeader][] = [
  ['{"alg":"none"}', { alg: "none", kid: undefined, typ: undefined }],
  ['{"alg":"HS256","typ":"jwt"}', { alg: "HS256", kid: undefined, typ: "jwt" }],
  ['{"alg":"a","typ":"Application/JWT"}', { alg: "a", kid: undefined, typ: "Application/JWT" }],
  [`{ "kid" : "${KID}", "alg" : "RS256" }`, { alg: "RS256", kid: KID, typ: undefined }],
  [`{"alg":"a","kid":"${"~".repeat(256)}"}`, { alg: "a", kid: "~".repeat(256), typ: undefined }],
  ['{"alg":"a","cty":"x","unknown":[{}]}', { alg: "a", kid: undefined, typ: undefined }],
];
test.each(headers)("reads the header %s", (text, header) => {
  expect(readJwt(tokenOf(text))).toMatchObject({ header });
  expect(jwtHeader(tokenOf(text))).toEqual(header);
});

test.each([
  ["null", "{"],
  ["[]", '"alg"'],
  ['{"alg":"a","alg":"a"}', "{}"],
  ['{"alg":""}', '{"alg":null}'],
  ['{"alg":["ES256"]}', '{"alg":{"toString":"ES256"}}'],
  ['{"ALG":"ES256"}', '{"alg":"ES256","__proto__":{}}'],
  ['{"alg":"a","typ":"at+jwt"}', '{"alg":"a","typ":"dpop+jwt"}'],
  ['{"alg":"a","typ":""}', '{"alg":"a","typ":null}'],
  ['{"alg":"a","typ":"JWT "}', '{"alg":"a","typ":["JWT"]}'],
  ['{"alg":"a","typ":"JWE"}', '{"alg":"a","typ":"application/at+jwt"}'],
  ['{"alg":"a","kid":""}', '{"alg":"a","kid":null}'],
  ['{"alg":"a","kid":1}', '{"alg":"a","kid":["a"]}'],
  ['{"alg":"a","kid":"a b"}', '{"alg":"a","kid":"a\\u0000"}'],
  ['{"alg":"a","kid":"é"}', '{"alg":"a","kid":"a\\n"}'],
  ['{"alg":"a","kid":"\\u007f"}', `{"alg":"a","kid":"${"a".repeat(257)}"}`],
  ...["crit", "b64", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "zip", "enc"].map((name) => [
    `{"alg":"a","${name}":null}`,
    `{"${name}":true,"alg":"a"}`,
  ]),
])("refuses the headers %s and %s", (...texts) => {
  for (const text of texts) {
    expect(readJwt(tokenOf(text))).toBe("header");
    expect(jwtHeader(tokenOf(text))).toBe("header");
  }
});

const GOOD = tokenOf(HEADER);
const [H = "", C = "", S = ""] = GOOD.split(".");
test.each([
  ["nothing", ""],
  ["one part", H],
  ["two parts", `${H}.${C}`],
  ["two parts and a dot", `${H}.${C}.`],
  ["no header", `.${C}.${S}`],
  ["no claims", `${H}..${S}`],
  ["only dots", ".."],
  ["a fourth part", `${GOOD}.${S}`],
  ["a dot behind", `${GOOD}.`],
  ["five parts, as an encrypted one", `${GOOD}.${S}.${S}`],
  ["a space before", ` ${GOOD}`],
  ["a line end behind", `${GOOD}\n`],
  ["padding", `${H}.${C}.${S}=`],
  ["unused bits", `${H}.${C}.${S}AB`],
  ["the digits of base64", `${H}.${C}.+/+/`],
  ["bytes of the claims that are not UTF-8", `${H}.${Buffer.of(0xff).toString("base64url")}.${S}`],
  ["bytes of the header that are not UTF-8", `${Buffer.of(0xff).toString("base64url")}.${C}.${S}`],
])("refuses the form of %s", (_what, token) => {
  expect(readJwt(token)).toBe("form");
});

test.each(["[]", "null", "1", '"a"', "{", '{"a":1,"a":1}', '{"__proto__":{}}', "\ufeff{}"])(
  "refuses the claims %j",
  (claims) => {
    expect(readJwt(tokenOf(HEADER, claims))).toBe("claims");
  },
);

test("reads 8 KiB and no character more", () => {
  // Of four claims in a row one leaves a whole number of bytes for the signature.
  const beginnings = ["", "a", "aa", "aaa"].map((sub) => `${H}.${encode(`{"sub":"${sub}"}`)}.`);
  const beginning = beginnings.find(({ length }) => length % 4 === 0) ?? "";
  const longest = beginning.padEnd(8192, "A");
  expect(readJwt(longest)).toMatchObject({ header: { alg: "ES256" } });
  for (const longer of [`${longest}AA`, beginning.padEnd(8193, "A"), "A".repeat(1_000_000)]) {
    expect([readJwt(longer), jwtHeader(longer)]).toEqual(["form", "form"]);
  }
});

test("answers one object for all tokens of a key", () => {
  const header = jwtHeader(GOOD);
  expect(header).toBe(jwtHeader(tokenOf(HEADER, '{"sub":"user_2"}', "_w")));
  expect(Object.isFrozen(header)).toBe(true);
});

test("remembers the header in use while others flood it, and forgets the flood", () => {
  const read = rememberHeaders(10);
  const segment = (kid: string) => encode(`{"alg":"ES256","kid":"${kid}"}`);
  const first = read(segment("used"));
  const flooded = read(segment("flood"));
  for (let i = 0; i < 100; i += 1) {
    read(segment(`flood-${i}`));
    if (i % 4 === 0) expect(read(segment("used"))).toBe(first);
  }
  expect(read(segment("flood"))).not.toBe(flooded);
  expect(read(segment("flood"))).toEqual(flooded);
});

test("remembers no long header and no fault", () => {
  const read = rememberHeaders(10);
  const long = encode(`{"alg":"ES256","x":"${"a".repeat(1000)}"}`);
  expect(read(long)).toEqual(read(long));
  expect(read(long)).not.toBe(read(long));
  expect(read("e30")).toBe("header");
  expect(read("e30")).toBe("header");
  expect(parseJwtHeader("e31")).toBe("form");
});

function presented(line: string): PresentedSecret {
  const secret = new PresentedSecret();
  secret.readBearer(line);
  return secret;
}

test.each([GOOD, tokenOf(HEADER, "[]", "_-"), "eyJ.a.b", `eyJ${"a".repeat(8000)}.b.c`])(
  "claims what has the shape of a JWT: %.60s",
  (token) => {
    expect(looksLikeJwt(presented(`Bearer ${token}`))).toBe(true);
    expect(looksLikeJwt(presented(`bearer   ${token}`))).toBe(true);
  },
);

test.each([
  "eyJ",
  "eyJ.a",
  "eyJ.a.",
  "eyJ..b",
  "eyJ.a.b.c",
  "eyJ.a.b.",
  "eyJ.a.b=",
  "eyJ.a b.c",
  "eyJ.a.b+",
  "eyJ.a/.b",
  "eyJ.a.é",
  "eyj.a.b",
  "ey.a.b",
  ".eyJ.a.b",
  "xeyJ.a.b",
  "eyJ eyJ.a.b",
  "lk_live_0123456789",
])("claims not %s", (token) => {
  expect(looksLikeJwt(presented(`Bearer ${token}`))).toBe(false);
  expect(looksLikeJwt(presented(token))).toBe(false);
});

test("claims nothing where there is no secret, whatever was there before", () => {
  const secret = new PresentedSecret();
  secret.read(GOOD, 0);
  expect(looksLikeJwt(secret)).toBe(true);
  secret.readBearer(undefined);
  expect(looksLikeJwt(secret)).toBe(false);
});
