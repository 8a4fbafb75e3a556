module culvert/bench/native

go 1.22
