-- Requests the URLs in a file, in each thread from another position: wrk -s addresses.lua URL -- FILE
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(arguments)
  paths = {}
  for line in io.lines(arguments[1]) do
    paths[#paths + 1] = line
  end
  position = math.floor(number * #paths / 2)
end

function request()
  position = position % #paths + 1
  return wrk.format("GET", paths[position])
end
