module licet.example/go

go 1.24
