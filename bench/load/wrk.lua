-- wrk … -- METHOD BODY-FILE [NAME VALUE]…     (`-` for no body)

function init(args)
  wrk.method = args[1]
  if args[2] ~= '-' then
    local file = io.open(args[2], 'rb')
    wrk.body = file:read('*a')
    file:close()
  end
  for i = 3, #args, 2 do wrk.headers[args[i]] = args[i + 1] end
end

function done(summary)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%f,"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.requests, summary.duration / 1e6, e.connect, e.read, e.write, e.status, e.timeout))
end
