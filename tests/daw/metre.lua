-- Four bars of 7/8, then 4/4.
local desk = dofile (arg[1] .. "/desk.lua")
desk.open ()
desk.write_map { { 0, "metre", 7, 8 }, { 14, "metre", 4, 4 } }
desk.roll ()
desk.pass (25)
desk.stop ()
desk.close ()
