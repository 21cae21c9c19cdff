using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Licet.Tests")]
