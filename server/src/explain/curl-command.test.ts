import { describe, expect, test } from "vitest";
import { parseCurl } from "./curl-command.ts";
import { CurlError } from "./curl-error.ts";
import { type CurlRequest, readCurlWords } from "./curl-request.ts";

const U = "https://api.example.com/v2/users";
const LONG = 200_000;
const BEARER = { name: "Authorization", value: "Bearer k" };

type Parsed = Partial<Omit<CurlRequest, "headers">> & {
  readonly headers?: readonly (typeof BEARER)[];
};

/** Only what is named is compared, but warnings always: none unless some are named. */
const COMMANDS: readonly (readonly [what: string, command: string, parsed: Parsed])[] = [
  [
    "a bare URL",
    `curl ${U}`,
    {
      method: "GET",
      methodFrom: "default",
      scheme: "https",
      host: "api.example.com",
      target: "/v2/users",
      headers: [],
      unexpanded: [],
    },
  ],
  ["single quotes", `curl '${U}?a=1&b=2'`, { target: "/v2/users?a=1&b=2" }],
  ["double quotes", `curl -H "Authorization: Bearer k" "${U}"`, { headers: [BEARER] }],
  ["escapes in double quotes", `curl -H "X-A: \\"q\\" \\\\ \\n" ${U}`, x('"q" \\ \\n')],
  ["escapes outside quotes", `curl -H Authorization:\\ Bearer\\ k ${U}`, { headers: [BEARER] }],
  ["quotes inside a word", `curl -H'Authorization'": Bearer "k ${U}`, { headers: [BEARER] }],
  ["ANSI-C strings", `curl -H $'X-A: it\\'s\\x21\\u0021\\041\\t.' ${U}`, x("it's!!!\t.")],
  ["a line break in a string", `curl -H $'X-A: k\\n' ${U}`, x("k\n")],
  ["continued lines", `curl \\\n  -X PUT \\\n  ${U}`, { method: "PUT", target: "/v2/users" }],
  ["continued lines of Windows files", `curl \\\r\n -X PUT \\\r\n ${U}\r\n`, { method: "PUT" }],
  ["a continued line within quotes", `curl "${U}\\\n/7"`, { target: "/v2/users/7" }],
  ["--header", `curl --header 'Authorization: Bearer k' ${U}`, { headers: [BEARER] }],
  ["several headers, in order", `curl -H 'A: 1' -H 'B: 2' ${U}`, headers(["A", "1"], ["B", "2"])],
  ["a header sent twice", `curl -H 'A: 1' -H 'a: 2' ${U}`, headers(["A", "1"], ["a", "2"])],
  ["a header without a value", `curl -H 'Accept:' ${U}`, { headers: [] }],
  ["an empty header", `curl -H 'X-A;' ${U}`, x("")],
  ["white space around a value", `curl -H 'X-A: \t b c \t' ${U}`, x("b c")],
  ["a value with a semicolon and colons", `curl -H 'X-A: a:b; c' ${U}`, x("a:b; c")],
  ["cookies", `curl -b 'a=1' -H 'Cookie: b=2' ${U}`, { headers: [] }],
  ["-X", `curl -X DELETE ${U}`, { method: "DELETE", methodFrom: "given" }],
  ["--request", `curl --request PATCH ${U}`, { method: "PATCH", methodFrom: "given" }],
  ["a glued -X", `curl -XPOST ${U}`, { method: "POST", methodFrom: "given" }],
  ["combined letters", `curl -sSLX POST ${U}`, { method: "POST", target: "/v2/users" }],
  ["combined letters, glued", `curl -isXDELETE ${U}`, { method: "DELETE" }],
  ["-d", `curl -d a=1 ${U}`, { method: "POST", methodFrom: "data", target: "/v2/users" }],
  ["--data-raw", `curl --data-raw '@a' ${U}`, { method: "POST" }],
  ["--data-binary of a file", `curl --data-binary @f.json ${U}`, { method: "POST" }],
  ["--json", `curl --json '{"a":1}' ${U}`, { method: "POST" }],
  ["-F", `curl -F a=@b ${U}`, { method: "POST" }],
  ["-T", `curl -T file ${U}`, { method: "PUT" }],
  ["-X and -d", `curl -X PUT -d a=1 ${U}`, { method: "PUT", methodFrom: "given" }],
  ["-I", `curl -I ${U}`, { method: "HEAD" }],
  ["-G", `curl -G -d a=1 -d b=2 ${U}`, { method: "GET", target: "/v2/users?a=1&b=2" }],
  ["-G and a query", `curl -G -d b=2 '${U}?a=1'`, { target: "/v2/users?a=1&b=2" }],
  [
    "-G and what is encoded",
    `curl -G --data-urlencode 'q=a b@c' --data-urlencode =d/ --data-urlencode e@f ${U}`,
    { target: "/v2/users?q=a%20b%40c&d%2F" },
  ],
  [
    "--url-query",
    `curl --url-query 'a=b c' --url-query +d=e ${U}`,
    { target: "/v2/users?a=b%20c&d=e" },
  ],
  ["-u", `curl -u id:secret ${U}`, basic("id:secret")],
  ["--user in the URL", "curl https://id:s%40c@api.example.com/", basic("id:s@c")],
  ["-u beside a header", `curl -u a:b -H 'Authorization: Bearer k' ${U}`, { headers: [BEARER] }],
  ["--oauth2-bearer", `curl --oauth2-bearer k ${U}`, { headers: [BEARER] }],
  ["--url", `curl --url ${U} -s`, { target: "/v2/users" }],
  ["options after the URL", `curl ${U} -H 'Authorization: Bearer k'`, { headers: [BEARER] }],
  ["options with values", `curl -o out.txt -m 5 --retry 3 -A x -w '%{http_code}' ${U}`, {}],
  ["--compressed and other switches", `curl --compressed --http2 --no-buffer -k4 ${U}`, {}],
  ["-- before the URL", `curl -s -- ${U}`, { target: "/v2/users" }],
  ["no scheme", "curl localhost:4000/x", { scheme: "http", host: "localhost:4000", target: "/x" }],
  ["an upper-case scheme", "curl HTTPS://a.example/x", { scheme: "https", host: "a.example" }],
  ["no path", "curl https://a.example", { target: "/" }],
  ["no path and a query", "curl 'https://a.example?b'", { host: "a.example", target: "/?b" }],
  ["a fragment", `curl '${U}#frag'`, { target: "/v2/users" }],
  ["dot segments", "curl https://a.example/../a/./b/../c/.", { target: "/a/c/" }],
  ["--path-as-is", "curl --path-as-is https://a.example/a/../b", { target: "/a/../b" }],
  ["doubled slashes", "curl https://a.example//a//b%2F", { target: "//a//b%2F" }],
  ["a prompt", `$ curl ${U}`, { target: "/v2/users" }],
  ["an assignment, a path and .exe", `A='b c' /usr/bin/curl.exe ${U}`, { target: "/v2/users" }],
  ["lines before it", `# try\nTOKEN=k\ncurl ${U}`, { target: "/v2/users" }],
  ["a pipe after it", `curl -s ${U} | jq '.don't`, { target: "/v2/users" }],
  ["redirections", `curl -s ${U} 2>/dev/null >out.json 2>&1`, { target: "/v2/users" }],
  ["a comment", `curl ${U} # it's mine`, { target: "/v2/users" }],
  ["two commands", `curl ${U}; curl https://b.example`, { host: "api.example.com" }],
  [
    "variables",
    `curl -H "Authorization: Bearer $TOKEN" -H "X-A: \${B}$(cat c)\\$D" ${U}`,
    {
      headers: [
        { name: "Authorization", value: "Bearer $TOKEN" },
        { name: "X-A", value: `\${B}$(cat c)$D` },
      ],
      unexpanded: ["$TOKEN", `\${B}`, "$(cat c)"],
    },
  ],
  ["a variable in single quotes", `curl -H 'X-A: $TOKEN' ${U}`, { ...x("$TOKEN"), unexpanded: [] }],
  [
    "an option that curl does not have",
    `curl --frob --header=x -~ ${U}`,
    {
      target: "/v2/users",
      warnings: [
        "--frob is no option of curl's; it was left out.",
        "--header is no option of curl's; it was left out.",
        "-~ is no option of curl's; it was left out.",
      ],
    },
  ],
  [
    "a variable in the URL",
    `curl "$BASE/v2/users" -H "X-A: $B"`,
    {
      host: "$BASE",
      target: "/v2/users",
      warnings: ["The URL has a variable in it, which only your shell can replace."],
    },
  ],
  ["a caret in a body", `curl -d '{"a":"^"}' ${U}`, { method: "POST" }],
  [
    "options that curl would expand",
    `curl --variable t=k --expand-header 'X-A: {{t}}' --expand-url ${U} https://b.example`,
    {
      host: "b.example",
      headers: [],
      warnings: [
        "What --expand-header does is not looked at.",
        "What --expand-url does is not looked at.",
      ],
    },
  ],
  ["--netrc", `curl -n ${U}`, { warnings: ["What --netrc does is not looked at."] }],
  ["-E", `curl -E a.pem:b ${U}`, { warnings: ["What --cert does is not looked at."] }],
  ["headers of a file", `curl -H @h ${U}`, { warnings: ["Headers in a file are not read."] }],
  [
    "a header without a colon",
    `curl -H sEcReT ${U}`,
    { headers: [], warnings: ["A -H without a name and a colon is not sent."] },
  ],
  [
    "a header's name with white space",
    `curl -H 'my key: k' ${U}`,
    {
      headers: [],
      warnings: ["A -H has a character before its colon that no header's name may have."],
    },
  ],
  [
    "a user without a password",
    `curl -u id ${U}`,
    {
      ...basic("id:"),
      warnings: ["curl would ask for the password of -u; it is taken as empty."],
    },
  ],
  [
    "a method in lower case",
    `curl -X get ${U}`,
    {
      method: "GET",
      warnings: ["curl sends the method as it is written, and methods are in upper case."],
    },
  ],
  [
    "a header without quotes",
    `curl -H Authorization: Bearer k ${U}`,
    {
      target: "/v2/users",
      headers: [],
      warnings: [
        "A header has nothing after its colon, and words follow it: put the header in quotes.",
      ],
    },
  ],
  [
    "two URLs",
    `curl ${U} https://b.example`,
    { host: "api.example.com", warnings: ["Only one of 2 URLs is looked at."] },
  ],
  [
    "--next",
    `curl ${U} --next -X PUT https://b.example`,
    { method: "GET", warnings: ["Only the request before --next is looked at."] },
  ],
  [
    "a line that is not continued",
    `curl ${U}\n  -H 'Authorization: Bearer k'`,
    {
      headers: [],
      warnings: [
        "A shell ends the command at the line break before its next option: no \\ ends it.",
      ],
    },
  ],
  [
    "a blank after the backslash",
    `curl ${U} \\ \n  -H 'Authorization: Bearer k'`,
    {
      headers: [],
      warnings: [
        "A shell ends the command at the line break before its next option: a blank follows the \\ before it.",
      ],
    },
  ],
  [
    "an & without quotes",
    `curl ${U}?a=1&b=2`,
    {
      target: "/v2/users?a=1",
      warnings: ["A shell ends the command at the & in the URL: put the URL in quotes."],
    },
  ],
];

function headers(...pairs: readonly (readonly [string, string])[]): Parsed {
  return { headers: pairs.map(([name, value]) => ({ name, value })) };
}

function x(value: string): Parsed {
  return headers(["X-A", value]);
}

function basic(pair: string): Parsed {
  return headers(["Authorization", `Basic ${Buffer.from(pair).toString("base64")}`]);
}

describe("reads", () => {
  test.each(COMMANDS)("%s", (_what, command, parsed) => {
    const { warnings, ...request } = parseCurl(command);
    const { warnings: expected = [], ...members } = parsed;
    expect(request).toMatchObject(members);
    expect(warnings.toSorted()).toEqual(expected.toSorted());
  });
});

test.each([
  ["no curl", "wget https://a.example", /no curl command/],
  ["nothing", " \n", /no curl command/],
  ["no URL", "curl -H 'A: sEcReT'", /no URL/],
  ["no host", "curl https:///x", /no host name/],
  ["another scheme", "curl ftp://a.example/x", /neither http nor https/],
  ["white space in the URL", "curl 'https://a.example/a b'", /white space/],
  ["a line break in the URL", "curl $'https://a.example/a\\n'", /white space/],
  ["an open quote", "curl -H 'A: sEcReT https://a.example", /A quote \('\) is opened/],
  ["an open double quote", 'curl -H "A: sEcReT https://a.example', /A quote \("\) is opened/],
  ["an option without its value", "curl https://a.example -H", /^-H has no value/],
  ["a long option without its value", "curl https://a.example --header", /^--header has no/],
  [
    "carets at line ends",
    'curl "https://a.example" ^\r\n -H "A: sEcReT"',
    /Windows command prompt/,
  ],
  ["carets before quotes", 'curl ^"https://a.example^"', /cURL \(bash\)/],
  ["backticks at line ends", "curl https://a.example `\n -H 'A: sEcReT'", /PowerShell/],
  ["too much", `curl https://a.example/${"a".repeat(1024 * 1024)}`, /longer than 1 MiB/],
] as const)("refuses %s in a sentence that repeats no value", (_what, command, message) => {
  let thrown: unknown;
  try {
    parseCurl(command);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(CurlError);
  expect((thrown as CurlError).message).toMatch(message);
  expect((thrown as CurlError).message).not.toContain("sEcReT");
});

test.each([
  [
    "no \\ ends its line",
    `curl -X POST\n -H 'A: sEcReT'\n ${U}`,
    "There is no URL in it. A shell ends the command at the line break before its next option: " +
      "no \\ ends it.",
  ],
  [
    "a blank follows the \\",
    `curl -X POST \\ \n -H 'A: sEcReT' ${U}`,
    "There is no URL in it. A shell ends the command at the line break before its next option: " +
      "a blank follows the \\ before it.",
  ],
  [
    "an option is cut off from its value",
    `curl ${U} -H\n -d sEcReT`,
    "-H has no value after it. A shell ends the command at the line break before its next option: " +
      "no \\ ends it.",
  ],
])("says why a command cannot be read where %s", (_what, command, message) => {
  expect(() => parseCurl(command)).toThrow(new CurlError(message));
});

// In a time that grows with the text: with its square, or worse, it would stop the whole server.
test.each([
  ["substitutions that are not closed", `curl ${U} ${"$(".repeat(LONG)}`, 1],
  ["variables that are not closed", `curl ${U} ${"${".repeat(LONG)}`, 1],
  ["the same in a quote", `curl ${U} "${"${".repeat(LONG)}"`, 1],
  ["blanks within a header", `curl ${U} -H 'X-A: a${" ".repeat(2 * LONG)}b'`, 0],
])("reads %s at once", (_what, command, variables) => {
  expect(parseCurl(command).unexpanded).toHaveLength(variables);
});

test("gives up at once on substitutions in a quote that is not closed", () => {
  expect(() => parseCurl(`curl "${"$()".repeat(30)}`)).toThrow("never closed");
});

test("takes words that a shell has split as they are", () => {
  expect(readCurlWords(["-H", "X-A: $T 'q' \\ #", U])).toMatchObject({
    headers: [{ name: "X-A", value: "$T 'q' \\ #" }],
    unexpanded: [],
    warnings: [],
  });
});

test("repeats in a warning nothing that could be a value", () => {
  const { warnings } = parseCurl(`curl --frob=sEcReT -~sEcReT -H sEcReT ${U} sEcReT`);
  expect(warnings).toHaveLength(4);
  expect(warnings.join()).not.toContain("sEcReT");
});
