import { BlockList, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureBucket, matches, parseAddress, parseNetworks, readNetwork } from "./network.ts";

describe("a block", () => {
  test.each([
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["192.0.2.1", "192.0.2.1/32"],
    ["192.0.2.1/32", "192.0.2.1/32"],
    ["2001:DB8::/32", "2001:db8::/32"],
    ["2001:db8::1", "2001:db8::1/128"],
    ["::/0", "::/0"],
    ["2001:db8:8000::/33", "2001:db8:8000::/33"],
    ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
    ["::ffff:0:0/96", "0.0.0.0/0"],
    ["::ffff:192.0.2.1", "192.0.2.1/32"],
    ["::ffff:192.0.2.1/128", "192.0.2.1/32"],
  ])("%s is read as %s", (text, canonical) => {
    expect(readNetwork(text)).toMatchObject({ network: { text: canonical } });
  });

  test.each([
    ["", "is not an IP address or CIDR block"],
    ["10.0.0", "is not an IP address or CIDR block"],
    ["10.0.0.0/", "no prefix length from 0 to 32"],
    ["10.0.0.0/33", "no prefix length from 0 to 32"],
    ["10.0.0.0/-1", "no prefix length from 0 to 32"],
    ["10.0.0.0/08", "no prefix length from 0 to 32"],
    ["10.0.0.0/8.0", "no prefix length from 0 to 32"],
    ["10.0.0.0/8/8", "no prefix length from 0 to 32"],
    ["10.0.0.0/ 8", "no prefix length from 0 to 32"],
    ["10.0.0.0/255.0.0.0", "no prefix length from 0 to 32"],
    ["2001:db8::/129", "no prefix length from 0 to 128"],
    ["::ffff:10.0.0.0/129", "no prefix length from 0 to 128"],
    ["::ffff:0.0.0.0/95", "write the IPv4 block instead"],
    ["10.0.0.1/8", "has bits set beyond its prefix; did you mean 10.0.0.0/8?"],
    ["10.0.0.1/31", "did you mean 10.0.0.0/31?"],
    ["1.0.0.0/0", "did you mean 0.0.0.0/0?"],
    ["2001:db8::1/64", "did you mean 2001:db8::/64?"],
    ["::ffff:10.0.0.1/104", "did you mean 10.0.0.0/8?"],
  ])("%j is refused: it %s", (text, fault) => {
    expect(readNetwork(text)).toEqual({ fault: expect.stringContaining(fault) });
  });
});

test.each([
  [["10.0.0.0/8"], "10.255.255.255", true],
  [["10.0.0.0/8"], "11.0.0.0", false],
  [["10.0.0.0/8"], "9.255.255.255", false],
  [["10.0.0.0/8"], "::ffff:10.1.2.3", true],
  [["10.0.0.0/8"], "::ffff:0a01:0203", true],
  [["192.0.2.4/31"], "192.0.2.5", true],
  [["192.0.2.4/31"], "192.0.2.6", false],
  [["192.0.2.1"], "192.0.2.1", true],
  [["192.0.2.1"], "192.0.2.2", false],
  [["128.0.0.0/1"], "255.0.0.1", true],
  [["128.0.0.0/1"], "127.255.255.255", false],
  [["0.0.0.0/0"], "203.0.113.9", true],
  [["0.0.0.0/0"], "2001:db8::1", false],
  [["::/0"], "2001:db8::1", true],
  [["::/0"], "203.0.113.9", false],
  [["2001:db8::/32"], "2001:db8:ffff::1", true],
  [["2001:db8::/32"], "2001:db9::", false],
  [["2001:db8:8000::/33"], "2001:db8:8000::1", true],
  [["2001:db8:8000::/33"], "2001:db8:7fff::1", false],
  [["2001:db8::1/128"], "2001:db8::1", true],
  [["2001:db8::1/128"], "2001:db8::2", false],
  [["10.0.0.0/8", "2001:db8::/32", "192.0.2.0/24"], "192.0.2.200", true],
  [["10.0.0.0/8", "2001:db8::/32"], "2001:db8::", true],
  [[], "10.0.0.1", false],
  [["0.0.0.0/0", "::/0"], "", false],
  [["0.0.0.0/0", "::/0"], "unknown", false],
  [["0.0.0.0/0", "::/0"], "10.0.0.1:80", false],
  [["0.0.0.0/0", "::/0"], "010.0.0.1", false],
  [["0.0.0.0/0", "::/0"], "fe80::1%eth0", false],
])("%j contains %s: %s", (blocks, address, contained) => {
  expect(parseNetworks(blocks).contains(address)).toBe(contained);
});

test("throws for a block that nobody checked", () => {
  expect(() => parseNetworks(["10.0.0.0/8", "10.0.0.1/8"])).toThrow(
    new RangeError('"10.0.0.1/8" has bits set beyond its prefix; did you mean 10.0.0.0/8?'),
  );
});

test("agrees with Node's block list on any block and address", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom("10.0.0.1", "10.0.0.2", "::1"));
  fc.assert(
    fc.property(address, address, fc.nat(128), (start, asked, length) => {
      const from = parseAddress(start);
      const to = parseAddress(asked);
      if (from === undefined || to === undefined) throw new Error("fast-check made no address");
      const prefixLength = from.version === 4 ? length % 33 : length;
      const list = new BlockList();
      list.addSubnet(from.text, prefixLength, isIPv6(from.text) ? "ipv6" : "ipv4");
      const contained =
        from.version === to.version && list.check(to.text, to.version === 6 ? "ipv6" : "ipv4");

      const reading = readNetwork(`${from.text}/${prefixLength}`);
      const block =
        "network" in reading ? reading.network.text : /mean (\S+)\?/.exec(reading.fault)?.[1];
      expect(parseNetworks([block ?? ""]).contains(asked)).toBe(contained);
      const network = readNetwork(block ?? "");
      expect("network" in network && matches(network.network, to)).toBe(contained);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2:ffff::", "2001:db8:1:2::/64"],
  ["2001:db8:1:3::", "2001:db8:1:3::/64"],
  ["::1", "::/64"],
  ["", "unknown"],
  ["fe80::1%eth0", "unknown"],
  [undefined, "unknown"],
])("failures of %s are counted for %s", (address, bucket) => {
  expect(failureBucket(address)).toBe(bucket);
});
