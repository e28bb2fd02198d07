-- Requests one URL with the headers of browsers, all requests different: wrk -s browsers.lua URL
local threads, count = 0, 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function request()
  count = count + 1
  wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/" .. number .. "." .. count
  wrk.headers["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
  wrk.headers["Accept-Language"] = "en-GB,en;q=0.9,pl;q=0.8"
  wrk.headers["Sec-Fetch-Dest"] = "document"
  wrk.headers["Sec-Fetch-Mode"] = "navigate"
  wrk.headers["Sec-Fetch-Site"] = "none"
  wrk.headers["Sec-Fetch-User"] = "?1"
  wrk.headers["Upgrade-Insecure-Requests"] = "1"
  wrk.headers["Cookie"] = "cookie_consent=notice=1; cookie_consent_receipt=" .. number .. "-" .. count
  return wrk.format("GET", wrk.path)
end
