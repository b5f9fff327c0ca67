import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAddress } from "./address.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["2001:DB8::1", "2001:db8::1"],
  ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:201", "192.0.2.1"],
  ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
  ["::192.0.2.1", "::c000:201"],
  ["ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
])("reads %s as %s", (text, canonical) => {
  expect(parseAddress(text)?.text).toBe(canonical);
});

test.each([
  "",
  " ",
  "localhost",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.",
  ".1.2.3",
  "1..2.3",
  "256.1.1.1",
  "1.1.1.999999999999",
  "01.2.3.4",
  "1.2.3.00",
  "0x7f.0.0.1",
  "0177.0.0.1",
  "2130706433",
  "127.1",
  "1.2.3.4 ",
  " 1.2.3.4",
  "1.2.3.4:80",
  "1.2.3.4/32",
  "-1.2.3.4",
  "1.2.3.4e0",
  "١.٢.٣.٤",
  "1.2.3.4\n",
  "[::1]",
  "[::1]:80",
  "::1%eth0",
  "fe80::1%25eth0",
  ":",
  ":::",
  "::1::",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4:5:6:7:8::",
  "::1:2:3:4:5:6:7:8",
  ":1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:",
  "12345::",
  "::00001",
  "g::",
  "::ffff:1.2.3",
  "::ffff:1.2.3.4.5",
  "::ffff:01.2.3.4",
  "::1.2.3.4:5",
  "1.2.3.4::",
  "1:2:3:4:5:6:7:1.2.3.4",
  "1:2:3:4:5:6::1.2.3.4",
  "::ffff:0x7f.0.0.1",
  "：：1",
  `${"0".repeat(40)}::1`,
])("refuses %j", (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

test("takes no text for an address that Node does not take for one", () => {
  const piece = fc.constantFrom(":", ":", "::", ".", "0", "1", "ff", "ffff", "255", "1.2.3.4", "g");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
      const text = pieces.join("");
      expect(parseAddress(text) !== undefined).toBe(isIP(text) !== 0);
    }),
    { numRuns: 5000 },
  );
});

test("reads back what it wrote, for any address and any spelling of it", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = parseAddress(text);
      expect(address).toBeDefined();
      expect(parseAddress(address?.text ?? "")).toEqual(address);
      expect(parseAddress(text.toUpperCase())).toEqual(address);
    }),
    { numRuns: 1000 },
  );
});

test("writes IPv6 as RFC 5952 wants it, which is how URLs are written too", () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const address = parseAddress(text);
      // The URL standard writes mapped addresses in hexadecimal; here they are IPv4.
      if (address?.version !== 6) return;
      expect(`[${address.text}]`).toBe(new URL(`http://[${text}]/`).hostname);
    }),
    { numRuns: 1000 },
  );
});
