-- From the song's start through eight bars and a bit, recorded.
local desk = dofile (arg[1] .. "/desk.lua")
desk.open ()
desk.record ()
desk.roll ()
desk.pass (33)
desk.stop ()
desk.close ()
