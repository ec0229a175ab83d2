-- A fast song that becomes slow in the middle of a bar.
local desk = dofile (arg[1] .. "/desk.lua")
desk.open ()
desk.write_map { { 0, "tempo", 173 }, { 14, "tempo", 91 } }
desk.roll ()
desk.pass (28)
desk.stop ()
desk.close ()
