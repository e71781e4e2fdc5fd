module example.com/lumetra-engram/openapi

go 1.19
