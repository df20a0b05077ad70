-- Sends the requests of a file, one after the other from the place it is told, and prints what came of it as JSON.

local requests, place = {}, 0

function init(args)
    local file = assert(io.open(args[1], "rb"))
    for request in file:read("*a"):gmatch("[^\30]+") do
        requests[#requests + 1] = request
    end
    file:close()
    place = tonumber(args[2])
end

function request()
    place = place + 1
    return requests[(place - 1) % #requests + 1]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
        summary.requests, summary.duration / 1e6, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
