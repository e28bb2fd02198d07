-- Asks for the addresses in a file, each thread from another place in it: wrk -s addresses.lua URL -- FILE
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
  place = math.floor(number * #paths / 2)
end

function request()
  place = place % #paths + 1
  return wrk.format("GET", paths[place])
end
