/** Options of curl that take a value, by their long names. */
const WITH_VALUE = new Set(
  words(`
    abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config
    connect-timeout connect-to continue-at cookie cookie-jar create-file-mode crlfile curves data
    data-ascii data-binary data-raw data-urlencode delegation dns-interface dns-ipv4-addr
    dns-ipv6-addr dns-servers doh-url dump-header ech egd-file engine etag-compare etag-save
    expect100-timeout form form-string ftp-account ftp-alternative-to-user ftp-method ftp-port
    ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip header hostpubmd5 hostpubsha256
    hsts interface ip-tos ipfs-gateway json keepalive-cnt keepalive-time key key-type krb libcurl
    limit-rate local-port login-options mail-auth mail-from mail-rcpt max-filesize max-redirs
    max-time netrc-file noproxy oauth2-bearer output output-dir parallel-max pass pinnedpubkey
    preproxy proto proto-default proto-redir proxy proxy-cacert proxy-capath proxy-cert
    proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass
    proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword
    proxy-tlsuser proxy-user proxy1.0 pubkey quote random-file range rate referer request
    request-target resolve retry retry-delay retry-max-time sasl-authzid service-name socks4 socks4a
    socks5 socks5-gssapi-service socks5-hostname speed-limit speed-time stderr telnet-option
    tftp-blksize time-cond tls-max tls13-ciphers tlsauthtype tlspassword tlsuser trace trace-ascii
    trace-config unix-socket upload-file url url-query user user-agent variable vlan-priority
    write-out`),
);

/** Options that are on or off. Each is also known with `no-` before it. */
const SWITCHES = new Set(
  words(`
    alpn anyauth append basic ca-native cert-status clobber compressed compressed-ssh create-dirs
    crlf digest disable disable-eprt disable-epsv disallow-username-in-url doh-cert-status
    doh-insecure eprt epsv fail fail-early fail-with-body false-start form-escape ftp-create-dirs
    ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-control get globoff haproxy-protocol head
    http0.9 http1.0 http1.1 http2 http2-prior-knowledge http3 http3-only ignore-content-length
    include insecure ipv4 ipv6 junk-session-cookies buffer keepalive list-only location
    location-trusted mail-rcpt-allowfails manual metalink negotiate netrc netrc-optional next npn
    ntlm ntlm-wb parallel parallel-immediate path-as-is post301 post302 post303 progress-bar
    progress-meter proxy-anyauth proxy-basic proxy-ca-native proxy-digest proxy-http2 proxy-insecure
    proxy-negotiate proxy-ntlm proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxy-tlsv1
    proxytunnel raw remote-header-name remote-name remote-name-all remote-time remove-on-error
    retry-all-errors retry-connrefused sasl-ir sessionid show-error show-headers silent skip-existing
    socks5-basic socks5-gssapi socks5-gssapi-nec ssl ssl-allow-beast ssl-auto-client-cert
    ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 styled-output suppress-connect-headers
    tcp-fastopen tcp-nodelay tftp-no-options tls-earlydata tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3
    tr-encoding trace-ids trace-time use-ascii verbose version xattr`),
);

/** The long name of each letter. */
const LETTERS: ReadonlyMap<string, string> = new Map(
  words(`
    A=user-agent B=use-ascii C=continue-at D=dump-header E=cert F=form G=get H=header I=head
    J=remote-header-name K=config L=location M=manual N=no-buffer O=remote-name P=ftp-port Q=quote
    R=remote-time S=show-error T=upload-file U=proxy-user V=version X=request Y=speed-limit
    Z=parallel a=append b=cookie c=cookie-jar d=data e=referer f=fail g=globoff i=include
    j=junk-session-cookies k=insecure l=list-only m=max-time n=netrc o=output p=proxytunnel
    q=disable r=range s=silent t=telnet-option u=user v=verbose w=write-out x=proxy y=speed-time
    z=time-cond #=progress-bar :=next 0=http1.0 1=tlsv1 2=sslv2 3=sslv3 4=ipv4 6=ipv6`).map(
    (pair) => [pair.slice(0, 1), pair.slice(2)],
  ),
);

/** One word of a curl command line, or two where an option takes a value. */
export type CurlArgument =
  | { readonly kind: "option"; readonly name: string; readonly value: string }
  | { readonly kind: "switch"; readonly name: string }
  /** An option that curl does not have; `name` is as written, without anything that follows it. */
  | { readonly kind: "unknown"; readonly name: string }
  | { readonly kind: "unfinished"; readonly name: string }
  | { readonly kind: "address"; readonly text: string };

/** Reads what follows `curl` as curl itself does: letters may be combined, values glued to them. */
export function* curlArguments(args: readonly string[]): Generator<CurlArgument, void> {
  let onlyAddresses = false;
  const rest = args.values();
  for (const word of rest) {
    if (onlyAddresses || word === "-" || !word.startsWith("-")) {
      yield { kind: "address", text: word };
    } else if (word === "--") {
      onlyAddresses = true;
    } else if (word.startsWith("--")) {
      yield longOption(word, rest);
    } else {
      yield* letters(word.slice(1), rest);
    }
  }
}

function longOption(word: string, rest: Iterator<string>): CurlArgument {
  const name = word.slice(2);
  // With `expand-` before it, curl puts variables into the value first.
  if (WITH_VALUE.has(name.replace(/^expand-/, ""))) {
    return withValue(name, word, rest.next().value);
  }
  const isSwitch = SWITCHES.has(name) || SWITCHES.has(name.replace(/^no-/, ""));
  if (isSwitch) return { kind: "switch", name };
  return { kind: "unknown", name: /^--[\w.-]*/.exec(word)?.[0].slice(0, 40) ?? "--" };
}

function* letters(cluster: string, rest: Iterator<string>): Generator<CurlArgument, void> {
  for (let i = 0; i < cluster.length; i += 1) {
    const letter = cluster[i] as string;
    const name = LETTERS.get(letter);
    if (name === undefined) {
      yield { kind: "unknown", name: `-${letter}` };
      // What follows may be its value, and that may be a secret.
      return;
    }
    if (WITH_VALUE.has(name)) {
      const glued = cluster.slice(i + 1);
      yield withValue(name, `-${letter}`, glued === "" ? rest.next().value : glued);
      return;
    }
    yield { kind: "switch", name };
  }
}

function withValue(name: string, written: string, value: string | undefined): CurlArgument {
  if (value === undefined) return { kind: "unfinished", name: written };
  return { kind: "option", name, value };
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
