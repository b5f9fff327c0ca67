-- Asks Latchkey about a request, and answers what it refuses with its own answer.

local URL = os.getenv("LATCHKEY_URL") or "http://127.0.0.1:4000"
local DOOR = URL .. "/v1/apis/" .. (os.getenv("LATCHKEY_API") or "acme") .. "/forward-auth"
-- On the same machine, LATCHKEY_SOCKET of Latchkey itself: less work than a connection by TCP.
local SOCKET = os.getenv("LATCHKEY_SOCKET")
local TOKEN = os.getenv("LATCHKEY_TOKEN") or ""

local PASSED_ON = {
  "x-latchkey-request-id", "x-latchkey-account", "x-latchkey-user", "x-latchkey-application",
  "x-latchkey-scopes", "x-latchkey-plan", "x-latchkey-mode", "x-latchkey-credential",
}
local TOLD = { "x-request-id", "ratelimit", "ratelimit-policy", "deprecation", "sunset" }
-- They belong to one connection, or to a body that is not sent along.
local NOT_ASKED = {
  ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["host"] = true,
  ["keep-alive"] = true, ["te"] = true, ["trailer"] = true, ["transfer-encoding"] = true,
  ["upgrade"] = true,
}
local NOT_ANSWERED = {
  ["connection"] = true, ["content-length"] = true, ["keep-alive"] = true,
  ["transfer-encoding"] = true,
}
local UNAVAILABLE =
  '{"error":{"code":"UNAVAILABLE","message":"Authentication is temporarily unavailable"}}'

-- HAProxy counts the lines of a header from 0.
local function each_line(headers, call)
  for name, lines in pairs(headers) do
    for i = 0, #lines do
      if lines[i] ~= nil then call(name, lines[i]) end
    end
  end
end

local function question(txn)
  local headers = {}
  each_line(txn.http:req_get_headers(), function(name, value)
    if not NOT_ASKED[name] then
      headers[name] = headers[name] or {}
      table.insert(headers[name], value)
    end
  end)
  headers["x-latchkey-token"] = { TOKEN }
  headers["x-forwarded-method"] = { txn.sf:method() }
  headers["x-forwarded-uri"] = { txn.sf:pathq() }
  headers["x-forwarded-host"] = { txn.sf:req_hdr("host") }
  headers["x-forwarded-for"] = { txn.sf:src() }
  headers["x-forwarded-proto"] = { txn.sf:ssl_fc() == 1 and "https" or "http" }
  return headers
end

local function refuse(txn, status, headers, body)
  local reply = txn:reply({ status = status, reason = "", body = body })
  each_line(headers, function(name, value)
    if not NOT_ANSWERED[name] then reply:add_header(name, value) end
  end)
  reply:add_header("content-length", tostring(#body))
  txn:done(reply)
end

core.register_action("latchkey", { "http-req" }, function(txn)
  local client = core.httpclient()
  local answer = client:get({
    url = DOOR, dst = SOCKET and "unix@" .. SOCKET, headers = question(txn), timeout = 5000,
  })
  -- HAProxy answers itself when nobody else does; Latchkey's answers have an id.
  if answer == nil or answer.headers == nil or answer.headers["x-request-id"] == nil then
    local headers = { ["content-type"] = { [0] = "application/json" }, ["retry-after"] = { [0] = "1" } }
    return refuse(txn, 503, headers, UNAVAILABLE)
  end
  if answer.status ~= 200 then
    return refuse(txn, answer.status, answer.headers, answer.body or "")
  end
  for _, name in ipairs(PASSED_ON) do
    local lines = answer.headers[name]
    if lines ~= nil then txn.http:req_set_header(name, lines[0]) end
  end
  for _, name in ipairs(TOLD) do
    local lines = answer.headers[name]
    if lines ~= nil then txn:set_var("txn.latchkey_" .. name:gsub("^x%-", ""):gsub("%-", "_"), lines[0]) end
  end
end)
